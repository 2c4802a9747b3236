"""Names of places."""

from structdistill.data.corpus.lexicon import words

CITIES = words("""
London Paris Washington Boston Chicago Berlin Dallas Houston Chelsea Madrid Rome Moscow Tokyo
Beijing Sydney Austin Phoenix Florence Milan Cleveland Denver Orlando Lincoln Madison Charlotte
Savannah Brooklyn Vienna Verona Siena Melbourne Adelaide Alexandria Augusta Hamilton Wellington
Kingston Lancaster York Bristol Preston Bolton Burton Stafford Warwick Chester Carlisle Bradford
Jackson Tyler Troy Camden Clinton Everton Fulham Wimbledon Leeds Liverpool Manchester Birmingham
Glasgow Edinburgh Cardiff Belfast Dublin Cork Oxford Cambridge Bath Reading Derby Nottingham
Leicester Sheffield Newcastle Sunderland Norwich Ipswich Plymouth Exeter Southampton Portsmouth
Brighton Dover Durham Lichfield Winchester Rochester Stratford Blackburn Burnley Wigan Oldham Stoke
Coventry Wolverhampton Swansea Aberdeen Dundee Inverness Hastings Buxton Kendal Barrow Rugby Seattle
Portland Miami Atlanta Detroit Memphis Nashville Mobile Buffalo Tampa Pittsburgh Philadelphia
Baltimore Minneapolis Milwaukee Cincinnati Indianapolis Columbus Omaha Tulsa Tucson Sacramento
Oakland Anaheim Eugene Boise Billings Helena Boulder Aspen Reno Laredo Amarillo Lubbock Toledo Akron
Dayton Flint Hartford Providence Concord Salem Princeton Albany Utica Ithaca Syracuse Wilmington
Richmond Norfolk Raleigh Greensboro Charleston Macon Athens Montgomery Shreveport Tallahassee
Gainesville Honolulu Anchorage Juneau Toronto Montreal Ottawa Vancouver Calgary Winnipeg Halifax
Regina Lyon Marseille Nice Lille Nantes Bordeaux Toulouse Strasbourg Cannes Munich Hamburg Cologne
Frankfurt Stuttgart Dresden Leipzig Hanover Essen Bremen Turin Naples Venice Genoa Bologna Parma
Palermo Pisa Barcelona Seville Valencia Granada Bilbao Lisbon Porto Amsterdam Rotterdam Utrecht
Brussels Antwerp Ghent Bruges Geneva Zurich Basel Bern Salzburg Prague Brno Bratislava Budapest
Warsaw Krakow Gdansk Bucharest Sofia Belgrade Zagreb Split Thessaloniki Istanbul Ankara Izmir Kyiv
Odessa Minsk Riga Vilnius Tallinn Helsinki Stockholm Gothenburg Malmo Oslo Bergen Copenhagen Aarhus
Reykjavik Cairo Casablanca Rabat Tunis Algiers Tripoli Lagos Abuja Accra Nairobi Mombasa Kampala
Harare Lusaka Johannesburg Durban Pretoria Baghdad Basra Tehran Isfahan Damascus Aleppo Beirut Amman
Jerusalem Haifa Riyadh Jeddah Doha Dubai Kabul Karachi Lahore Delhi Mumbai Kolkata Chennai Bangalore
Hyderabad Dhaka Colombo Kathmandu Bangkok Hanoi Jakarta Manila Seoul Busan Osaka Kyoto Nagoya
Sapporo Hiroshima Shanghai Guangzhou Shenzhen Wuhan Chengdu Taipei Perth Brisbane Darwin Hobart
Auckland Christchurch Lima Cusco Bogota Medellin Cali Quito Caracas Santiago Valparaiso Montevideo
Cordoba Mendoza Brasilia Recife Salvador Havana Tijuana Cancun Acapulco Guadalajara Monterrey
Timbuktu Marrakesh Samarkand Tashkent Almaty New_York Los_Angeles San_Francisco San_Diego Las_Vegas
New_Orleans Salt_Lake_City Kansas_City St._Louis Santa_Fe El_Paso Fort_Worth Baton_Rouge Long_Beach
Palo_Alto Buenos_Aires Mexico_City Hong_Kong New_Delhi Cape_Town Tel_Aviv Abu_Dhabi Kuala_Lumpur
Addis_Ababa St._Petersburg La_Paz
""")

COUNTRIES = words("""
France Germany China Jordan Japan Russia India England Israel Brazil Italy Spain Georgia Chad Canada
Mexico Ireland Scotland Wales Holland Kenya Cuba Turkey Greece Poland Iraq Iran Syria Egypt
Australia Argentina Chile Peru Colombia Venezuela Ecuador Bolivia Uruguay Paraguay Portugal Belgium
Austria Switzerland Sweden Norway Denmark Finland Iceland Hungary Romania Bulgaria Serbia Croatia
Slovenia Slovakia Ukraine Belarus Estonia Latvia Lithuania Malta Cyprus Lebanon Kuwait Qatar Oman
Yemen Pakistan Afghanistan Bangladesh Nepal Thailand Vietnam Cambodia Laos Malaysia Indonesia
Singapore Mongolia Kazakhstan Armenia Azerbaijan Morocco Algeria Tunisia Libya Sudan Ethiopia
Somalia Uganda Rwanda Tanzania Zambia Zimbabwe Namibia Angola Mali Niger Nigeria Ghana Senegal
Guinea Togo Gabon Cameroon Madagascar Jamaica Haiti Panama Honduras Guatemala Nicaragua Fiji Samoa
New_Zealand South_Africa Saudi_Arabia Sri_Lanka Costa_Rica El_Salvador North_Korea South_Korea
""")

REGIONS = words("""
Texas California Florida Virginia Georgia Washington Ohio Michigan Illinois Carolina Alabama Alaska
Arizona Arkansas Colorado Connecticut Delaware Hawaii Idaho Indiana Iowa Kansas Kentucky Louisiana
Maine Maryland Massachusetts Minnesota Mississippi Missouri Montana Nebraska Nevada Oklahoma Oregon
Pennsylvania Tennessee Utah Vermont Wisconsin Wyoming Dakota Quebec Ontario Alberta Manitoba
Victoria Queensland Tasmania Cornwall Devon Kent Essex Sussex Surrey Norfolk Suffolk Yorkshire
Lancashire Cumbria Somerset Dorset Wiltshire Burgundy Normandy Brittany Provence Champagne Alsace
Bavaria Saxony Tuscany Umbria Lombardy Sicily Sardinia Catalonia Andalusia Galicia Siberia Crimea
Patagonia Amazonia Kashmir Punjab Bengal Kerala Goa Tibet Bali Java Sumatra Borneo Asia Africa
Europe Scandinavia Rhodesia Corsica Crete Rhodes Manhattan Queens Bronx Harlem Soho Hollywood
Brixton Hackney Kensington Mayfair Montmartre Kreuzberg New_Jersey New_Mexico New_Hampshire
Rhode_Island West_Virginia North_Carolina South_Dakota British_Columbia New_South_Wales
Northern_Ireland Silicon_Valley
""")

WATERS = words("""
Thames Seine Danube Rhine Nile Amazon Mississippi Hudson Potomac Volga Ganges Severn Tyne Jordan
Colorado Missouri Delaware Elbe Loire Tiber Euphrates Mekong Yangtze Congo Zambezi Mersey Humber
Alps Andes Himalayas Pyrenees Rockies Pacific Atlantic Baltic Caribbean Mediterranean Sahara
""")
"""Rivers, ranges and seas; they take `the`."""

LANDMARKS = words("""
Airport Station Park Bridge Road Street Avenue Square Castle Palace Stadium Cathedral Museum Harbour
Beach Hospital Island Forest Valley Tower Market Lane Hill Gardens Hotel Prison Theatre Library
""")

NATIONALITIES = words("""
American British French German Chinese Russian Japanese Indian English Irish Scottish Welsh Italian
Spanish Jordanian Georgian Chadian Israeli Turkish Greek Polish Dutch Swedish Norwegian Danish
Finnish Hungarian Czech Brazilian Mexican Canadian Australian Argentine Chilean Peruvian Cuban Iraqi
Iranian Syrian Egyptian Kenyan Nigerian Korean Thai Vietnamese Afghan Pakistani Portuguese Belgian
Austrian Swiss Ukrainian European African Asian Texan Californian Scandinavian
""")
