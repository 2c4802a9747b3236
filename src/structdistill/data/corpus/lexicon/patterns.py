"""How names are composed, and the morphemes of those that nobody has heard of.

A pattern is a line `kind | weight | name`. Words in `<…>` are drawn from a list of `names.WORDS`.
`?` after the weight: the name does not tell its kind, so the sentence must. `the`: it takes the
article, which is no part of it.
"""

from structdistill.data.corpus.lexicon import words

PATTERNS = """
person   | 8     | <first> <last>
person   | 3     | <first> <new-last>
person   | 3     | <last>
person   | 2     | <title> <last>
person   | 1 ?   | <new-last>
person   | 4     | <first>
person   | 1     | <first> <initial> <last>
person   | 1     | <initial> <last>
company  | 8     | <company>
company  | 2 ?   | <new-firm>
company  | 2     | <base> <suffix>
company  | 1     | <new-firm> <suffix>
company  | 1     | <last> & <base>
company  | 1     | <base> & Sons
company  | 0.5   | Bank of <country>
team     | 6 ?   | <team>
team     | 1 ?   | <new-town>
team     | 2     | <town> <club>
team     | 1 the | <town> <nickname>
team     | 1 ? the | <nickname>
school   | 2     | <school>
school   | 2 the | University of <town>
school   | 3     | <base> <school-ending>
agency   | 2     | <agency>
agency   | 2 the | <body>
agency   | 1 the | Ministry of <portfolio>
agency   | 2 the | <town> <paper>
town     | 8     | <town>
town     | 3 ?   | <new-town>
town     | 1     | <compass> <town>
country  | 1     | <country>
landmark | 1     | <base> <landmark>
water    | 1     | Lake <base>
water    | 2 the | <water>
work     | 4     | <work>
work     | 2     | The <title-adjective> <title-noun>
work     | 1     | The <title-noun> of <town>
work     | 1     | The <title-noun> 's <title-noun>
work     | 1     | A <title-noun> in <town>
work     | 1     | <title-verb> for <first>
work     | 1     | Goodbye to <base>
event    | 1 ?   | <contest>
event    | 2 the | <event>
event    | 3 the | <base> <contest-ending>
war      | 1 the | <war>
war      | 1 the | <battle> of <town>
disaster | 1     | <storm> <first>
product  | 3     | <product>
product  | 2     | <company> <model>
product  | 1 ?   | <new-thing>
vehicle  | 3     | <vehicle>
vehicle  | 2     | <maker> <model>
vehicle  | 1     | <maker> <vehicle>
program  | 3     | <program>
program  | 2 ?   | <new-thing>
"""

COMPASS = words("North East West South Port Upper Old Saint")

INITIALS = words("J. A. M. R. D. S. C. P. T. W. E. L. B. G. H. K. N. F.")

SURNAME_STEMS = words("""
Brand Kell Hart Thorn Ash Marl Lind Berg Wald Rosen Stein Gold Silver Eisen Holm Strand Kirk Vander
Penn Tre Whit Lock Hal Ray Win Al Ber Cald Dun El Fen Gar Haver Il Jarv Kos Lev Mos Nov Orl Petr
Quin Rad Sav Tol Ur Vas Wolk Yar Zim Bald Cors Dragh Fitz Gild
""")

SURNAME_ENDINGS = words("""
ford man son ley worth field stein berg wood well ing ov ovic escu idis sen etti ini ez kar oglu yan
shaw gren dahl mark quist baum ski wicz enko adze ara oro ish
""")

TOWN_STEMS = words("""
Ash Wester North Green Kings Oak Mill Black White Red Stan Wool Holt Brad Thorn Elm Fair Clear Stone
Bridge Hunting Maple Cedar Spring Silver Marsh Lang Sud Ober Nieder Wald Birken Stein Sommer Vlad
Novo Stal Petro Chel Win Lin Shef Wor Har Wex Ormes Kirk Sel Whit
""")

TOWN_ENDINGS = words("""
ville ton burg ford haven bourne bury dale field port mouth stad grad hausen ham wick by thorpe
minster bach brook wood leigh stead more heim ovo sk
""")

FIRM_STEMS = words("""
Nex Data Omni Ver Sol Zen Tru Astr Cor Lum Vel Quan Syn Tele Micro Bio Geo Aero Hydro Pan Trans
Inter Euro Nova Vita Opti Axi Cyber Tetra Vari Cen Equi Prim Uni Alt Mag
""")

FIRM_ENDINGS = words("""
ovia fin tech ixa aris onic eon ent ium era adyne soft ware gen med plex net core tel dyne pharm
logix vance trix metric star link form cell zon lux
""")

PRODUCT_STEMS = words("zen vox lum pix zip snap kin rok flip blip dro quik tap hum fiz nim jot wav")

PRODUCT_ENDINGS = words("r o ly ify ster pad book bot zy io era ix ella on a pod fone cam")
