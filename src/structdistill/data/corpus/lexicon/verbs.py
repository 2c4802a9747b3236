"""Irregular verbs, and what the verbs of the corpus take: the frames of its clauses.

A frame is a line `subject | verbs | complements`; the verbs after `past:` are of what nobody plans.
A complement is a kind of noun phrase or clause, after `preposition+` if it has one. `a:loss,profit`
is one of these nouns with that determiner, where `its` agrees with the subject. `!` marks what the
verb itself gives away: there a name may be one that could stand for something else as well. `~`
marks an object that does not become a passive's subject.
"""

from structdistill.data.corpus.lexicon import words

FRAMES = """
person! | live settle retire grow_up lodge | in+place!
person! | live shop | near+building
person! | smile laugh cough shrug yawn weep blush snore sob giggle shiver |
person! | past: faint stumble sneeze slip trip |
person! | swim jog sit_down wake_up stand_up calm_down show_up dress_up cheer_up |
person! | marry divorce adore kiss hug embrace | person!~
person! | phone greet scold tease nurse | person
person | call meet see thank help blame invite forgive recognise | person
person! | eat cook bake order taste devour chew reheat | food
person! | wear iron mend wash knit fold try_on take_off | clothing
person! | drive walk hurry cycle hitchhike emigrate commute | to+place!
person | fly travel return move sail | to+place!
person | fly drive travel sail | from+place! to+place!
person! | explore photograph flee revisit | place!
person! | wait sleep queue hide loiter | in+building
person | arrive land meet | at+landmark!
person! | swim fish bathe paddle | in+water!
person | buy sell borrow rent repair clean carry paint insure inspect | artefact/product/vehicle
person! | pick_up put_down throw_away hide polish | artefact
person | past: lose find steal break scratch | artefact/product/vehicle
person | say think believe claim insist admit fear hope explain argue warn predict deny | that
person | know forget feel realise remember notice hear suspect regret recall sense | that
person | tell remind assure convince inform | person that
person | ask wonder | whether
person | want hope plan decide agree refuse promise try intend hesitate manage fail offer | to
person | ask persuade allow encourage force urge teach beg forbid | person to
person! | work | for+company!
person! | resign retire | from+company!
person! | inherit | stake
person | buy sell own | stake
person! | play score sign | for+team!
person! | direct adapt rewrite compose | work!
person! | star | in+work!
person! | read memorise reread finish | work/document
person | write publish translate review illustrate | work/document
person/team | win | event!
person | watch attend enter organise sponsor miss | event
person! | teach study | field at+school!
person! | graduate | from+school!
person! | lecture | at+school! on+topic
person! | drive park wash | vehicle!
person! | past: crash dent | vehicle!
person | install uninstall download update | program!
person! | feed stroke ride train groom adopt | animal
person! | past: die drown | in+place!
person! | past: die serve | in+war!
person! | past: suffer recover | from+a:fever,cold,stroke,headache,migraine
person | complain apologise | to+person about+idea
person | give hand show lend send bring | person artefact/document
person | talk write speak listen | to+person about+topic/idea
person! | chat joke dance quarrel | with+person
person | argue agree disagree | with+person
person | criticise support reject oppose defend back discuss denounce welcome | idea/document
person! | stare look glance point shout | at+artefact/animal/person
person | vote campaign protest | against+idea
person! | watch observe spot | animal/person with+a:telescope,camera,microscope,drone
person! | guard decorate tidy | building
person | build design enter leave | building
person | donate | money to+institution!
person | spend | price on+product/clothing/artefact
person | turn_down bring_up put_off think_over | idea/document
person! | look_up write_down tear_up fill_in | document
company! | acquire buy_out take_over | company!
company! | report post | result
company! | lay_off hire recruit retrain dismiss | workers
company! | recall ship manufacture discount | product/vehicle
company! | launch unveil market relaunch | product/vehicle!
company | say announce warn confirm deny estimate | that
company | plan agree decide refuse promise want | to
company! | open close build expand sell | a:plant,factory,branch,warehouse,refinery in+place!
company! | raise cut slash lower | its:dividend,prices,forecast,fees,payroll
company! | merge compete | with+company!
company! | supply sell ship | product to+company!
company! | file | for+bankruptcy
company! | move | its:headquarters,production from+place! to+place!
company | pay | payment
company | reject approve discuss welcome fund | idea
team! | beat defeat thrash edge crush overpower | team! score~
team! | draw level | with+team! draw~
team! | lose | to+team! score~
team! | sign loan | player! from+team!
team! | sack appoint replace | its:coach,manager,captain,goalkeeper
team! | face host meet | team! in+the:final,semi-final,quarter-final,play-offs
team | win lift retain defend | the:league,title,trophy,championship,cup
team! | past: concede | goals against+team!
team | qualify | for+event!
institution | publish approve reject review withdraw commission | document
institution | investigate ban criticise endorse condemn | idea
school! | award | person a:degree,scholarship,fellowship,bursary,diploma
school! | offer cancel | courses
school! | admit enrol expel | students
institution | say announce warn confirm find rule | that
institution | plan agree decide refuse want | to
institution | appoint dismiss question | person
place! | have | population~
town! | lie | distance~
town! | lie stand | on+water!
town! | lie | on+the:coast,river,border,plain
place! | past: suffer endure | a:drought,flood,earthquake,heatwave,famine
place | attract welcome | visitors
town! | elect | a:mayor,council,sheriff
country! | elect | a:president,parliament,government
country | export import | goods
country! | past: win lose | war!
country! | past: invade occupy | country!~
country! | border | country!~
work! | premiere | in+place!
work | top | the:charts
work | sell | copies
work | tell | story
work | describe portray depict mock | person/place/event
work | win | a:prize,award,medal
work | inspire | person
work | describe depict portray | war
event! | begin end start | in+place!
event! | attract draw | spectators
event | disrupt delay | event
disaster | past: hit damage strike devastate destroy | building/place!
disaster | past: kill injure displace | victims in+place!
disaster | past: happen occur begin | in+place!
product/vehicle | cost | price~
product/vehicle! | go | on+sale
product/vehicle | past: break_down overheat explode vibrate |
building | past: burn_down collapse |
building | close reopen open |
building | stand lie | near+building
building | belong | to+person
document | mention criticise praise name blame | person/company/institution
document | say show warn reveal confirm conclude suggest | that
document | describe list outline | idea
idea | worry upset surprise please anger alarm | person/voters
idea | divide unite | voters
idea | affect help hurt threaten | company/workers
idea | fail succeed backfire |
animal | past: bite chase attack scare follow | person/animal
animal | past: escape vanish |
animal | sleep hide sit | under+artefact
artefact | past: break fall disappear rust |
artefact | belong | to+person
artefact | stand lie hang | near+artefact
clothing | past: shrink fade |
clothing | belong | to+person
food | past: burn |
"""

STATIVE = words("""
live own know think believe want have hope fear border belong cost lie remember realise adore intend
notice sense suspect hear see forget recall regret feel insist deny agree promise
""")
"""Verbs without a progressive."""

_IRREGULAR = """
be was been, have had had, do did done, say said said, think thought thought, beat beat beaten,
buy bought bought, sell sold sold, find found found, lose lost lost, tell told told,
know knew known, feel felt felt, forget forgot forgotten, hear heard heard, see saw seen,
meet met met, fly flew flown, drive drove driven, fall fell fallen, wake woke woken,
stand stood stood, sit sat sat, swim swam swum, eat ate eaten, wear wore worn, take took taken,
grow grew grown, sleep slept slept, hide hid hidden, put put put, throw threw thrown,
steal stole stolen, write wrote written, read read read, reread reread reread,
rewrite rewrote rewritten, win won won, teach taught taught, ride rode ridden, feed fed fed,
give gave given, send sent sent, show showed shown, lend lent lent, bring brought brought,
speak spoke spoken, build built built, leave left left, spend spent spent, lay laid laid,
cut cut cut, draw drew drawn, hit hit hit, strike struck struck, break broke broken, go went gone,
bite bit bitten, lie lay lain, begin began begun, weep wept wept, pay paid paid, hang hung hung,
tear tore torn, burn burned burned, shrink shrank shrunk, forgive forgave forgiven,
forbid forbade forbidden, flee fled fled, hurt hurt hurt, upset upset upset, cost cost cost,
withdraw withdrew withdrawn
"""

IRREGULAR_VERBS = [forms.split() for forms in _IRREGULAR.split(",")]
"""Base form, past and participle."""

DOUBLED = words(
    "admit regret forget forbid begin travel level cancel enrol expel upset occur quarrel"
)
"""Verbs of several syllables that double their last consonant."""
