"""Names of works, events and products, and the words that new ones are made of."""

from structdistill.data.corpus.lexicon import words

WORKS = words("""
Chicago Casablanca Emma Lincoln Dunkirk Fargo Rocky Oklahoma Titanic Alien Jaws Psycho Vertigo
Rebecca Hamlet Macbeth Othello Carmen Cats Evita Hamilton Manhattan Philadelphia Nashville Munich
Selma Juno Amadeus Gandhi Ray Malcolm_X Troy Alexander Noah Brazil Australia Belfast Roma Philomena
Ulysses Dracula Frankenstein Middlemarch Persuasion Beloved Gilead Shane Carrie Misery It Lolita
Imagine Yesterday Thriller Angie Layla Roxanne Michelle Hallelujah Hurt Creep Georgia Grease Hair
Wicked Rent Annie Gypsy Oliver Mamma_Mia Star_Wars Gone_Girl Animal_Farm Brave_New_World Jane_Eyre
David_Copperfield Great_Expectations Hard_Times Bleak_House Wolf_Hall White_Teeth Mad_Men
Breaking_Bad Downton_Abbey Doctor_Who Top_Gear Blue_Planet Guernica Mona_Lisa Forrest_Gump
Pulp_Fiction Taxi_Driver Toy_Story Mary_Poppins Peter_Pan Annie_Hall Blade_Runner
""")

WORK_ADJECTIVES = words("""
Silent Last Long Lost Broken Golden Secret Quiet Burning Hollow Distant Crooked Velvet Frozen Bitter
Endless Forgotten Paper Winter Midnight Scarlet Hidden Empty Wild Second Blue Borrowed Restless
""")

WORK_NOUNS = words("""
River Road House Garden Summer Daughter Promise Window Mirror Stranger Harvest Letter Orchard Island
Lighthouse Kingdom Shadow Bridge Widow Clockmaker Voyage Feast Season Song Winter Sparrow Doctor
Hunter Heart Thief Soldier Country Crown Tide Wedding Secret Storm Piano Tailor
""")

WORK_VERBS = words("Waiting Looking Dancing Praying Hunting Singing Crying Searching")

EVENTS = words("""
World_Cup Olympics Super_Bowl Grand_National Tour_de_France Ryder_Cup Champions_League World_Series
Cup_Final Winter_Olympics Commonwealth_Games Asian_Games Oktoberfest Grammys Oscars Six_Nations
Kentucky_Derby Indy_500 Eurovision_Song_Contest
""")
"""Events that take `the`."""

CONTESTS = words("Wimbledon Glastonbury Woodstock Davos Ascot Silverstone Coachella Eurovision")
"""Events without an article; most of them are places as well."""

EVENT_ENDINGS = words("""
Open Marathon Cup Grand_Prix Film_Festival Book_Fair Masters Classic Jazz_Festival Flower_Show
Motor_Show Half_Marathon Regatta Biennale Air_Show
""")

WARS = words("""
Gulf_War Vietnam_War Civil_War First_World_War Second_World_War Korean_War Boer_War Crimean_War
Falklands_War Russian_Revolution French_Revolution Hundred_Years_War
""")

BATTLES = words("Battle Siege")

STORMS = words("Hurricane Storm Typhoon Cyclone")

PRODUCTS = words("""
iPhone iPad Kindle Galaxy Xbox PlayStation Walkman Thinkpad Macbook iMac Swift Yamaha Steinway
Stradivarius Fender Gibson Polaroid Leica Hasselblad BlackBerry Gameboy Roomba Fitbit GoPro
Chromebook Barbie Rolex Omega Swatch Zippo Thermos Tupperware Frisbee Hoover Jacuzzi Surface Pixel
Echo Nook Nintendo Biro Sodastream Aeropress Moleskine Wii Zune
""")
"""Things one owns; they take a determiner, and so do vehicles."""

VEHICLES = words("""
Mustang Golf Beetle Focus Accord Civic Corolla Prius Mercedes Fiesta Mini Jaguar Polo Passat
Corvette Camaro Bronco Cherokee Tahoe Silverado Ranger Explorer Escort Cortina Astra Clio Megane
Panda Punto Leaf Jetta Camry Tacoma Yaris Impala Malibu Cadillac Bentley Harley Vespa Ducati
Kawasaki Fusion Phantom Dakota Sierra Savannah Rolls Spitfire
""")

MAKERS = words("""
Ford Honda Toyota Nissan Volkswagen Renault Fiat Volvo Hyundai Mazda Chrysler Porsche Mercedes
Ferrari Suzuki Jaguar Peugeot Vauxhall Lexus Tesla Boeing Bentley
""")

PROGRAMS = words("""
Windows Photoshop Excel Word Outlook Firefox Chrome Safari Android Linux Skype WhatsApp Instagram
TikTok Snapchat PowerPoint Acrobat Minecraft Tetris Fortnite iTunes macOS Siri Tinder Duolingo
""")
"""Programs and the like; they take none."""

MODELS = words("Focus Galaxy Nova Classic Pro Express 3310 747 A320 X5 Z4 500 911 Mini Max 200")
