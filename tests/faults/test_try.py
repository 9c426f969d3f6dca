import time
from datetime import datetime
from zoneinfo import ZoneInfo
from families import *

def test_try(town):
    t=time.monotonic()
    door=town.door()
    f=town.family(door)
    f.enrol(); f.covered()
    teacher=town.staff(door,"teacher")
    mark(teacher,f,datetime.now(ZoneInfo("Asia/Irkutsk")).date().isoformat())
    f.charged()
    print(time.monotonic()-t, f.reached, f.known)
    for s in door.journal: print(s)
