"""Common nouns by kind, the adjectives that go with them, and plurals that follow no rule."""

from structdistill.data.corpus.lexicon import words

NOUNS = {
    "person": """
        teacher nurse doctor farmer student lawyer driver woman man child neighbour girl boy actor
        singer writer player engineer scientist soldier journalist baker carpenter cook painter
        mother father sister brother daughter son cousin uncle aunt grandmother widow twin bride
        friend colleague stranger tourist passenger customer client patient prisoner witness victim
        suspect thief burglar detective policeman officer guard judge juror prosecutor defendant
        politician senator mayor minister ambassador diplomat spokesman spokeswoman campaigner
        activist protester voter candidate economist analyst banker accountant broker trader manager
        director secretary clerk cashier waiter waitress barman chef butcher grocer tailor plumber
        electrician builder miner welder mechanic pilot sailor fisherman captain steward surgeon
        dentist pharmacist midwife vet therapist psychologist researcher professor lecturer
        librarian editor reporter photographer publisher novelist poet playwright historian critic
        musician pianist violinist drummer composer conductor dancer sculptor designer architect
        referee swimmer runner boxer jockey cyclist gardener shepherd hunter guide explorer hiker
        climber priest monk nun bishop pilgrim tenant landlord lodger commuter pensioner toddler
        teenager orphan refugee immigrant
    """,
    "player": "striker goalkeeper midfielder defender winger forward playmaker",
    "company": """
        company firm bank airline carmaker retailer insurer publisher brewer drugmaker supermarket
        manufacturer supplier startup subsidiary utility broadcaster chain shipbuilder steelmaker
        chipmaker wholesaler refiner developer conglomerate contractor distributor lender
    """,
    "team": "club team side",
    "school": "university college school academy institute faculty seminary hospital",
    "agency": """
        ministry agency commission committee council court parliament department board embassy
        charity foundation union regulator watchdog tribunal senate inspectorate cabinet newspaper
        broadcaster government
    """,
    "town": "town village city suburb port resort parish settlement hamlet capital",
    "country": "country region state province territory nation",
    "landmark": "airport station stadium harbour bridge cathedral square castle museum park",
    "water": "river lake canal sea lagoon reservoir",
    "building": """
        house hotel station school factory hospital office shop restaurant church bridge library
        airport theatre museum warehouse garage prison stadium market farm barn castle mill harbour
        apartment cottage bakery pub cinema laboratory mosque temple cathedral tower lighthouse gym
        park square tunnel playground cemetery
    """,
    "work": """
        novel film song book play album musical opera painting poem series documentary comedy
        thriller biography memoir sculpture sonata ballet cartoon ballad tragedy symphony trilogy
    """,
    "event": """
        match game race final tournament festival concert election wedding meeting conference
        auction trial ceremony parade exhibition marathon strike summit debate referendum funeral
        rally reunion inquiry tour season premiere carnival contest
    """,
    "disaster": """
        storm flood fire earthquake explosion hurricane drought avalanche blizzard heatwave
        landslide tornado epidemic accident crash collapse blaze outbreak
    """,
    "product": """
        phone computer camera engine printer tablet television watch laptop drone vaccine drug
        battery sensor guitar toaster oven fridge radio satellite headset keyboard telescope
    """,
    "vehicle": "car truck van motorcycle bicycle tractor scooter bus taxi jeep helicopter",
    "artefact": """
        table chair lamp bed door window key box bag ring mirror clock knife cup bottle rope ladder
        hammer shell target mark bell piano violin drum flag carpet curtain blanket umbrella wallet
        suitcase basket candle statue vase coin stamp ticket fence gate boat canoe tent bucket
        shovel spade saw needle pipe rose lily daisy tulip
    """,
    "clothing": """
        coat dress jacket hat scarf shirt uniform suit sweater helmet cap gown apron raincoat skirt
        tie belt glove cloak costume necklace wig
    """,
    "food": """
        apple cake soup pizza sandwich steak pie salad omelette pancake biscuit pear orange banana
        potato carrot onion sausage burger curry stew pudding lobster trout melon loaf muffin peach
    """,
    "document": """
        report letter contract statement article study bill paper plan memo proposal survey review
        list diary map petition budget draft verdict treaty receipt prescription visa passport
        manifesto questionnaire catalogue leaflet invoice will
    """,
    "idea": """
        plan decision idea change problem question claim proposal rule policy law offer deal reform
        programme project scheme strategy theory method result trend threat risk promise argument
        mistake scandal rumour tax dispute crisis delay cut loss ban gap hope chance compromise
        experiment investigation allegation warning recommendation merger takeover deadline
    """,
    "animal": """
        dog cat horse cow sheep goat pig fox wolf bear eagle hawk swan duck goose lion tiger shark
        whale dolphin rabbit deer rat mouse bat owl robin snake lizard donkey parrot pony
    """,
}

ADJECTIVES = {
    "person": """
        young old retired local former tall famous tired angry experienced wealthy poor elderly
        happy nervous popular quiet talented unknown brave clever honest lonely married pregnant
        blind ambitious generous stubborn shy proud cheerful skilled senior junior anonymous
        homeless frail polite anxious jealous eloquent injured unemployed middle-aged left-handed
    """,
    "group": """
        new large small big local troubled leading private powerful independent profitable ailing
        struggling global state-owned family-run fast-growing rival nearby famous prestigious
        obscure ambitious
    """,
    "place": """
        small new quiet old coastal remote busy poor rich northern southern eastern western
        industrial historic beautiful sleepy crowded rural mountainous prosperous sunny windswept
        fertile medieval neighbouring
    """,
    "thing": """
        new old small large expensive cheap broken heavy modern red black white blue green rare huge
        beautiful ugly wooden plastic rusty antique fragile dirty clean portable second-hand golden
        silver yellow enormous tiny elegant shiny faulty stolen worn battered handmade striped
    """,
    "food": "fresh hot cold delicious spicy stale frozen home-made ripe burnt sweet bitter salty",
    "idea": """
        new important serious controversial long secret bold detailed final early simple ambitious
        unpopular major strange recent clear costly reckless sensible unexpected generous modest
        radical vague disastrous promising sweeping harmless
    """,
    "event": """
        annual final big long recent important local national international famous chaotic crucial
        summer violent sudden disastrous brief spectacular
    """,
    "animal": "young old wild hungry tame large small brown black white injured rare stray playful",
}

ADJECTIVES_OF = {
    "player": "person", "company": "group", "team": "group", "school": "group", "agency": "group",
    "town": "place", "country": "place", "building": "place", "landmark": "place",
    "water": "place", "work": "idea", "disaster": "event", "product": "thing", "vehicle": "thing",
    "artefact": "thing", "clothing": "thing", "document": "idea",
}  # fmt: skip
"""The kinds whose adjectives have another name than they."""

COMPOUNDS = {
    "company": "software oil steel insurance food energy telephone shipping media textile tobacco",
    "team": "football cricket hockey rugby basketball baseball",
    "agency": "health safety police transport trade welfare research housing fishing",
    "building": "train bus city village brick school country holiday",
    "event": "football charity peace budget school music farm chess",
    "document": "police government insurance research company court",
    "idea": "tax peace budget safety business trade rescue pension climate housing energy",
}

MASS = {
    "field": """
        history law medicine physics music economics engineering biology mathematics philosophy
        chemistry art geography psychology theology literature architecture nursing linguistics
        astronomy botany
    """,
    "topic": """
        inflation education crime climate housing unemployment health trade poverty immigration
        football corruption energy safety transport agriculture fishing pollution religion taxation
        tourism migration cancer malaria obesity
    """,
    "goods": "copper tea coffee oil wheat rice gas cotton sugar timber gold steel wool tobacco",
    "sale": "sale",
    "bankruptcy": "bankruptcy protection insolvency",
}
"""Nouns without article or plural."""

COUNTED = {
    "workers": "worker employee engineer driver miner clerk manager salesman",
    "students": "student applicant undergraduate pupil",
    "visitors": "tourist visitor pilgrim holidaymaker migrant",
    "spectators": "spectator fan runner athlete",
    "victims": "villager passenger child soldier resident",
    "copies": "copy",
    "goals": "goal penalty try",
    "voters": "voter resident taxpayer viewer",
}
"""Nouns that come in numbers."""

MODIFIERS = {
    "person": "from+place! from+place! at+school! with+a:beard,limp,dog,telescope in+clothing",
    "company": "in+town! from+country!",
    "team": "from+town!",
    "school": "in+town!",
    "agency": "in+country!",
    "town": "in+country! near+town! on+water! in+the:mountains,south,north,desert",
    "country": "in+the:south,north,east,west",
    "building": "in+town! near+landmark! on+water! near+building",
    "work": "about+person about+place about+topic by+person",
    "event": "in+town! at+landmark!",
    "document": "on+topic about+person from+agency to+person",
    "idea": "on+topic about+topic for+place",
    "disaster": "in+place!",
    "product": "from+company!",
    "animal": "from+country! with+a:collar,limp,scar",
    "artefact": "from+country! with+a:handle,crack,stain in+building",
}
"""What follows nouns of a kind; the notation is that of the verbs' frames."""

OFFICES = {
    "town": "mayor",
    "country": "president king ruler prime_minister",
    "team": "captain coach manager owner",
    "company": "founder owner head boss chairman chairwoman chief_executive",
    "school": "dean principal head",
    "agency": "head director chairman",
    "work": "author creator",
}
"""Who stands at the head of what."""

MEMBERS = {
    "team": "striker goalkeeper midfielder defender coach captain fan manager winger",
    "company": "spokesman spokeswoman executive engineer shareholder lawyer worker",
    "agency": "spokesman official employee spokeswoman",
    "school": "student professor graduate lecturer",
}
"""Who belongs to what, as in `a Ford spokesman`."""

EPITHETS = {
    "person": """
        striker actress singer author goalkeeper lawyer pianist novelist painter banker economist
        analyst campaigner actor director poet violinist midfielder historian engineer comedian
        defender swimmer boxer journalist surgeon architect nurse teacher farmer
    """,
    "company": """
        carmaker retailer airline insurer publisher brewer drugmaker supplier bank chipmaker
        steelmaker broadcaster manufacturer supermarket
    """,
    "team": "champions rivals hosts newcomers strugglers neighbours",
    "work": "novel film play musical album painting song opera documentary poem thriller",
    "town": "city town port district",
    "country": "state region republic",
}
"""What stands before a name to say what it is."""

RELATIVES = words("""
mother father sister brother wife husband daughter son lawyer boss friend cousin uncle aunt doctor
coach agent landlord neighbour dentist
""")

GENDERED = {
    "she": """
        woman girl mother sister daughter aunt grandmother widow bride spokeswoman waitress nun wife
        midwife actress chairwoman
    """,
    "he": """
        man boy father brother son uncle policeman fisherman spokesman barman monk salesman waiter
        chairman king priest husband
    """,
}
"""Nouns that tell which pronoun refers back to them."""

IRREGULAR_PLURALS = {
    "man": "men", "woman": "women", "child": "children", "policeman": "policemen",
    "fisherman": "fishermen", "spokesman": "spokesmen", "spokeswoman": "spokeswomen",
    "barman": "barmen", "wife": "wives", "midwife": "midwives", "knife": "knives", "loaf": "loaves",
    "thief": "thieves", "wolf": "wolves", "mouse": "mice", "goose": "geese", "sheep": "sheep",
    "deer": "deer", "trout": "trout", "series": "series", "crisis": "crises", "potato": "potatoes",
    "tornado": "tornadoes", "salesman": "salesmen",
}  # fmt: skip
