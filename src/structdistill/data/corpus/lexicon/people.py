"""Names of people. Many are places, firms or plain words as well, which is the point."""

from structdistill.data.corpus.lexicon import words

FEMALE = words("""
Mary Rose Jordan Maria Chelsea Anna Paris Charlotte Emma Grace Sarah Laura Julia Madison Victoria
Florence Alice Elena Hannah Lucy Sofia Olivia Georgia Virginia Carolina Savannah Brooklyn Sydney
Jessica Jennifer Susan Linda Karen Nancy Helen Carol Ruth Sharon Michelle Angela Melissa Rebecca
Kathleen Amy Shirley Brenda Pamela Nicole Catherine Christine Samantha Deborah Janet Carolyn Rachel
Heather Diane Joyce Evelyn Joan Kelly Martha Cheryl Megan Andrea Ann Jean Doris Kathryn Hope Faith
Joy Dawn June April May Ivy Lily Daisy Violet Olive Iris Hazel Jasmine Ruby Pearl Amber Crystal
Penny Robin Sandy Harmony Melody Sierra Dakota Cheyenne Asia India Kenya China Vienna Verona Siena
Adelaide Alexandria Augusta Mercedes Tiffany Wendy Porsche Lexus Chanel Fatima Aisha Leila Yasmin
Zainab Noor Mariam Ingrid Astrid Freya Sigrid Greta Heidi Ursula Birgit Anneliese Claudia Monika
Chiara Giulia Francesca Bianca Valentina Lucia Isabel Carmen Pilar Dolores Mercy Beatriz Ines Camila
Gabriela Fernanda Renata Natasha Olga Svetlana Irina Tatiana Ludmila Katya Priya Anjali Deepa
Lakshmi Sunita Meera Yuki Akiko Naomi Haruka Mei Ling Xiu Hui Jiwoo Soyeon Ngozi Amina Chiamaka
Thandiwe Siobhan Niamh Aoife Bronwyn Cerys Eilidh Bridget Maeve Imogen Phoebe Beatrice Harriet
Matilda Eleanor Josephine Genevieve Celeste Margot Colette Delphine Odette Sylvie Paige Sue Pat Kim
Eve Joanna Philippa Lorraine Yvonne Maureen Rosalind Cordelia Sabrina Bethany
""")

MALE = words("""
John David James Will Mark Michael Robert Lincoln Austin Jackson Houston Tyler Jack Frank Grant Bill
William Richard Thomas Charles Daniel Matthew Anthony Paul Steven Andrew Joshua Kevin Brian George
Edward Ronald Timothy Jason Jeffrey Ryan Jacob Gary Nicholas Eric Jonathan Stephen Larry Justin
Scott Brandon Benjamin Samuel Gregory Raymond Alexander Patrick Dennis Jerry Peter Henry Dallas
Orlando Israel Chad Cleveland Denver Preston Clifton Bradford Chester Clinton Kent Devon Carlisle
Stafford Warwick Camden Kingston Troy Sterling Wellington Hamilton Drew Dean Art Rob Chase Jay
Martin Miles Norm Chip Dusty Rusty Rocky Cliff Glen Dale Forest Christian Earl Duke Prince Rich Guy
Gene Ray Max Rex Gus Barry Wally Buddy Woody Hunter Mason Carter Cooper Parker Fisher Ford Royce
Harley Dell Hilton Mac Levi Calvin Hugo Marc Tom Ben Sam Joe Nick Tony Steve Pete Walter Harold
Arthur Albert Ralph Roy Eugene Russell Bobby Philip Vincent Leonard Clarence Ernest Stanley Omar
Hassan Yusuf Ahmed Tariq Karim Khalid Mustafa Bilal Ibrahim Abdul Rashid Lars Sven Nils Erik Olaf
Gunnar Klaus Jurgen Dieter Helmut Wolfgang Stefan Andreas Luca Marco Matteo Lorenzo Giorgio Enzo
Carlos Miguel Diego Javier Alejandro Rafael Santiago Pablo Luis Jorge Rodrigo Thiago Joaquim Ivan
Dmitri Sergei Vladimir Boris Mikhail Yuri Pavel Nikolai Raj Arjun Vikram Sanjay Rohan Anil Ravi
Kenji Hiroshi Takashi Satoshi Wei Jun Chen Jin Minho Emeka Chidi Kwame Kofi Thabo Sipho Liam Declan
Cormac Fergus Angus Hamish Rhys Gareth Dylan Owen Rupert Jasper Felix Oscar Leopold Gaston Pierre
Jacques Laurent Thierry Bastien Marcel Antoine Desmond Winston Cedric Barnaby Dominic
""")

SURNAMES = words("""
Smith Ford Jones Brown Jordan Washington Johnson Hilton Morgan Lincoln Miller Davis Garcia Wilson
Rose Jackson Houston Taylor Moore Martin Lee Walker Young King Wright Hill Green Baker Hall White
Dell Disney Chase Kellogg Hershey Heinz Porsche Siemens Philips Campbell Cadbury Tesla Nelson
Merrill Lynch Marriott Sears Walton Davidson Dior Chanel Armani Versace Ferrari Honda Suzuki Bosch
Wrigley Kraft Boeing Dyson Gucci Benetton Carnegie Rockefeller Vanderbilt Guinness Beecham Pfizer
Cook Carter Mason Fisher Hunter Butler Page Long Short Little Small Black Gray Rich Price Bush Wood
Field Stone Rivers Banks Bell Ball Case Cross Day Winter Summers Frost Snow Rain Pike Bass Swan Wolf
Fox Lamb Bird Drake Crane Finch Hawk Bishop Pope Abbott Archer Barber Brewer Carver Cooper Cutler
Dyer Farmer Forester Gardner Glover Harper Knight Marshall Miner Parker Piper Porter Potter Sawyer
Shepherd Singer Spicer Tanner Turner Weaver Webb Wheeler Bridges Brooks Church Forest Heath Lake
Marsh Meadows Moss Reed Park Street Waters Wells Woods Bond Cash Hand Head Legg Foote Savage Sharp
Smart Swift Strong Wise Best Blunt Bright Frank Hope Joy Love Moody Noble Power York Kent Lancaster
Bolton Preston Burton Stafford Warwick Chester Carlisle Bradford Clinton Hamilton Wellington
Melbourne Berlin London Paris Holland France England Ireland Wales Israel Rochester Winchester
Leicester Lichfield Sutton Barrow Barnet Beverley Blackburn Buxton Derby Durham Hastings Huntington
Kendal Kingsley Newport Oakley Ripley Rugby Sheffield Stratford Thompson Anderson Thomas Harris
Clark Lewis Robinson Allen Scott Torres Nguyen Flores Adams Baez Rivera Mitchell Roberts Gomez
Phillips Evans Diaz Edwards Collins Reyes Stewart Morris Morales Murphy Rogers Gutierrez Ortiz Ramos
Kelly Howard Ward Richardson Watson Chavez Hughes Bennett Patel Singh Khan Sharma Gupta Mehta Iyer
Rao Chaudhry Rahman Hossain Begum Ahmed Hussein Aziz Haddad Mansour Khalil Nasser Farouk Demir
Yilmaz Kaya Ozturk Papadopoulos Nikolaidis Kowalski Nowak Wisniewski Novak Dvorak Horvath Nagy
Popescu Ionescu Petrov Ivanova Sokolov Volkov Kuznetsov Schmidt Fischer Weber Wagner Becker Hoffmann
Schulz Keller Richter Zimmermann Lindqvist Johansson Andersen Hansen Nilsson Virtanen Korhonen
Dubois Moreau Laurent Lefebvre Fontaine Rousseau Girard Rossi Bianchi Romano Ricci Marino Greco
Conti Esposito Silva Santos Oliveira Pereira Almeida Costa Tanaka Yamamoto Watanabe Nakamura
Kobayashi Kim Choi Jung Wang Zhang Liu Huang Zhao Okafor Adeyemi Mensah Dlamini Nkosi Abebe Kamau
Mwangi O'Brien O'Connor Gallagher Doyle Byrne McCarthy MacDonald McGregor Sinclair Douglas Llewellyn
Pritchard Griffiths Ashworth Whitfield Hargreaves
""")

TITLES = {
    "Mr.": "he", "Mrs.": "she", "Dr.": "", "Ms.": "she", "President": "", "Senator": "",
    "Judge": "", "Professor": "", "Captain": "", "General": "he", "Governor": "", "Mayor": "",
    "Inspector": "", "Sergeant": "", "Father": "he", "Sister": "she", "Colonel": "he",
    "Chancellor": "", "Congresswoman": "she", "Lord": "he", "Lady": "she", "Detective": "",
    "Major": "he", "Uncle": "he", "Aunt": "she",
}  # fmt: skip
"""With the pronoun of those who bear them, where the title tells."""
