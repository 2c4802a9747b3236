"""Names of firms, teams and institutions."""

from structdistill.data.corpus.lexicon import words

COMPANIES = words("""
Ford Apple Microsoft Google Target Shell Amazon Toyota Boeing Visa Dell Disney Chase Gap Oracle IBM
Intel Sony Samsung Honda Nokia Siemens Philips Hilton Tesla Porsche Mercedes Ferrari Suzuki Bosch
Nissan Volkswagen Renault Fiat Volvo Hyundai Mazda Chrysler Airbus Lockheed Raytheon Delta United
Continental Southwest Virgin Orange Sprint Subway Sky Square Stripe Slack Zoom Box Uber Puma Jaguar
Fox Adobe Caterpillar Chevron Alphabet Meta Block Twitter Snap Pinterest Discover Nationwide Monster
Indeed Nest Ring Express Coach Fossil Staples Dove Tide Shelter Progressive Compass Next Boots
Diageo Barclays Lloyds Unilever Nestle Danone Kellogg Hershey Heinz Kraft Cadbury Wrigley Guinness
Heineken Carlsberg Pepsi Starbucks Wendy Macy Tiffany Sears Marriott Hyatt Dior Chanel Gucci Armani
Versace Benetton Lacoste Nike Adidas Reebok Levi Zara Ikea Tesco Asda Sainsbury Aldi Lidl Walmart
Costco Walgreens Pfizer Merck Bayer Roche Novartis Moderna Genentech Amgen Aetna Cigna Humana
Citigroup Goldman Vanguard Fidelity Mastercard Paypal Lufthansa Ryanair Qantas Emirates Vodafone
Verizon Comcast Netflix Spotify Facebook Yahoo Ebay Expedia Airbnb Nvidia Qualcomm Cisco Broadcom
Xerox Kodak Canon Nikon Panasonic Toshiba Hitachi Fujitsu Sharp Lenovo Acer Huawei Xiaomi Tencent
Alibaba Baidu Infosys Wipro Tata Reliance Petrobras Gazprom Lukoil Exxon Texaco Halliburton Bechtel
Monsanto Cargill Dow Dupont Alcoa Arcelor Thyssen Krupp Michelin Goodyear Pirelli Bridgestone Maersk
FedEx Hertz Avis Budget Enterprise Prudential Allianz Zurich Phoenix Patagonia Corona Vauxhall
Peugeot Lexus Dyson Hoover Whirlpool Electrolux Braun Gillette Colgate
""")

SUFFIXES = words("""
Inc. Corp. Ltd. Group Holdings Bank Motors Airlines Energy Partners Industries Systems Capital Foods
Electronics Pharmaceuticals Steel Oil Insurance Communications Technologies Software Media
Properties Chemicals Stores Railways Shipping Brothers plc AG
""")

CLUBS = words("""
Chelsea Liverpool Arsenal Barcelona Milan Juventus Boston Chicago Everton Celtic Rangers Benfica
Ajax Tottenham Fulham Watford Leeds Lincoln Jordan Washington Dallas Orlando Houston Madrid Roma
Lazio Napoli Valencia Sevilla Porto Lyon Monaco Nice Bayern Dortmund Schalke Feyenoord Anderlecht
Galatasaray Olympiakos Dynamo Spartak Flamengo Santos Boca Penarol Bolton Burnley Blackburn Preston
Derby Reading Wigan Norwich Ipswich Sunderland Millwall Wolves Hibernian Motherwell Denver Cleveland
Phoenix Charlotte Detroit Portland Toronto France Brazil England Georgia Israel Wales Holland Kenya
Harvard Stanford Princeton Kentucky Alabama Michigan
""")

NICKNAMES = words("""
Bears Eagles Lions Giants Tigers Hawks Bulls Rockets Jets Saints Pirates Cardinals Ravens Falcons
Wolves Sharks Panthers Raiders Rangers Kings Knights Cowboys Braves Royals Stars Hornets Cougars
Bobcats Bruins Flyers Blazers Comets Chargers Senators Warriors Badgers Rebels Spartans Trojans
""")

CLUB_ENDINGS = words("United City Rovers Town Athletic Wanderers Albion County Rangers Harriers")

SCHOOLS = words("""
Harvard Oxford Cambridge Yale Princeton Stanford Columbia Cornell Brown Duke Durham
""")

SCHOOL_ENDINGS = words("University College High_School Institute Academy General_Hospital")

AGENCIES = words("""
NATO UNICEF Congress NASA Parliament Interpol Oxfam Greenpeace Reuters CNN Labour Unesco Bloomberg
Eurostat Amnesty ITV Opec Europol Hansard Medicare
""")

BODIES = words("""
Federal_Reserve European_Union United_Nations World_Bank Supreme_Court White_House Red_Cross
Royal_Society World_Health_Organization Labour_Party Salvation_Army Justice_Department
Conservative_Party European_Commission Metropolitan_Police National_Gallery Royal_Navy
State_Department Foreign_Office High_Court Green_Party
""")
"""Institutions that take `the`."""

PORTFOLIOS = words("Defence Health Justice Education Finance Agriculture Transport Energy Culture")

PAPERS = words("Times Post Herald Gazette Tribune Chronicle Guardian Observer Courier Mirror")
