"""Lines by name. docs/lines.md says where the figures come from."""

from .capacity import Stalls, Steps, Wander, steady
from .line import Preset
from .loss import Loss
from .rival import Greedy
from .traits import Queue, Traits

MBIT = 1e6
KBIT = 1e3


def _narrow(name: str, rate: float) -> Preset:
    traits = Traits(capacity=steady(rate), queue=Queue(seconds=0.3), delay=0.02)
    return Preset(name, f"steady {rate / KBIT:g} kbit/s each way, 40 ms round trip", traits, traits)


def _lossy(name: str, share: float) -> Preset:
    traits = Traits(loss=Loss(share), delay=0.05)
    what = f"{share:.0%} random loss each way, 100 ms round trip, no bottleneck"
    return Preset(name, what, traits, traits)


GOOD = Preset(
    "good",
    "fibre: 50 Mbit/s down, 20 up, 20 ms round trip",
    up=Traits(capacity=steady(20 * MBIT), queue=Queue(seconds=0.1), delay=0.01, jitter=0.0005),
    down=Traits(capacity=steady(50 * MBIT), queue=Queue(seconds=0.1), delay=0.01, jitter=0.0005),
)

_CROWDED = Traits(
    capacity=Stalls(Wander(5 * MBIT, 0.7, hold=0.3), every=2.0, length=0.12, least=0.02),
    queue=Queue(bytes=256 * 1500),
    loss=Loss(0.005, 3),
    delay=0.005,
    jitter=0.004,
)
SCHOOL_WIFI = Preset(
    "school-wifi",
    "many on one channel: 5 Mbit/s that vary, stands still 0.12 s every 2 s, bursty loss of 0.5 %",
    up=_CROWDED,
    down=_CROWDED,
)

MOBILE_3G = Preset(
    "3g",
    "a phone: 1.6 Mbit/s down, 0.75 up, both vary, 150 ms round trip, deep queue",
    up=Traits(
        capacity=Wander(0.75 * MBIT, 0.35, most=2 * MBIT),
        queue=Queue(bytes=100_000),
        loss=Loss(0.002, 2),
        delay=0.075,
        jitter=0.01,
    ),
    down=Traits(
        capacity=Wander(1.6 * MBIT, 0.35, most=4 * MBIT),
        queue=Queue(bytes=200_000),
        loss=Loss(0.002, 2),
        delay=0.075,
        jitter=0.01,
    ),
)

ADSL_UPLOAD = Preset(
    "adsl-upload",
    "8 Mbit/s down, 1 up through a queue of 128 KB that somebody's upload keeps full",
    up=Traits(
        capacity=steady(MBIT),
        queue=Queue(bytes=128 * 1024),
        rival=Greedy(rtt=0.03),
        delay=0.015,
    ),
    down=Traits(capacity=steady(8 * MBIT), queue=Queue(bytes=256 * 1024), delay=0.015),
)

SATELLITE = Preset(
    "satellite",
    "geostationary: 600 ms round trip, 12 Mbit/s down, 3 up, bursty loss of 0.3 %",
    up=Traits(
        capacity=steady(3 * MBIT), queue=Queue(seconds=0.4), loss=Loss(0.003, 4), delay=0.3,
        jitter=0.01,
    ),
    down=Traits(
        capacity=steady(12 * MBIT), queue=Queue(seconds=0.4), loss=Loss(0.003, 4), delay=0.3,
        jitter=0.01,
    ),
)  # fmt: skip

TRAIN = Preset(
    "train",
    "LTE at speed: 3 Mbit/s down, 1 up, both vary much, without any for seconds, 80 ms round trip",
    up=Traits(
        capacity=Stalls(Wander(1 * MBIT, 0.8), every=15.0, length=1.5, least=0.2),
        queue=Queue(bytes=250_000),
        loss=Loss(0.005, 5),
        delay=0.04,
        jitter=0.008,
    ),
    down=Traits(
        capacity=Stalls(Wander(3 * MBIT, 0.8), every=15.0, length=1.5, least=0.2),
        queue=Queue(bytes=500_000),
        loss=Loss(0.005, 5),
        delay=0.04,
        jitter=0.008,
    ),
)

_STEPS = Traits(
    capacity=Steps(((0, 2 * MBIT), (20, 300 * KBIT), (40, 2 * MBIT))),
    queue=Queue(seconds=0.3),
    delay=0.02,
)
STEP = Preset("step", "2 Mbit/s, after 20 s 300 kbit/s, after 40 s 2 Mbit/s again", _STEPS, _STEPS)

_OUT = Traits(capacity=steady(10 * MBIT), queue=Queue(seconds=0.2), outages=((20, 25),), delay=0.02)
OUTAGE = Preset("outage", "10 Mbit/s, nothing gets through from 20 s to 25 s", _OUT, _OUT)

_QUICK = Traits(capacity=steady(10 * MBIT), queue=Queue(seconds=0.2), delay=0.02)
REBINDING = Preset(
    "rebinding",
    "10 Mbit/s, and a router that gives the client another port after 20 s and 40 s",
    _QUICK,
    _QUICK,
    changes=(20, 40),
)

PRESETS = {
    preset.name: preset
    for preset in (
        GOOD,
        SCHOOL_WIFI,
        MOBILE_3G,
        ADSL_UPLOAD,
        SATELLITE,
        TRAIN,
        _narrow("2mbit", 2 * MBIT),
        _narrow("1mbit", MBIT),
        _narrow("300kbit", 300 * KBIT),
        _narrow("100kbit", 100 * KBIT),
        _lossy("loss2", 0.02),
        _lossy("loss5", 0.05),
        _lossy("loss10", 0.10),
        STEP,
        OUTAGE,
        REBINDING,
    )
}
