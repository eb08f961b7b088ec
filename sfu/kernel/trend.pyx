from libc.math cimport fabs
from libc.stdint cimport int32_t, int64_t
from libc.string cimport memset

cdef enum:
    # Packets that left within that (µs) are one burst
    BURST = 5000
    # Bursts that arrive faster than they left were held up together: Wi-Fi does so
    BURST_MOST = 100000
    GAIN_MOST = 60
    OVER_FOR = 10000
    # The clocks are not compared over longer spans: they drift
    LEAST_SPAN = 10000000
    LEAST_KEPT = 120000000
    # A gap that says that the peer's clock, or the way, is another
    LEAP = 3000000
    NEVER = 0x7FFFFFFFFFFFFFF

cdef double SMOOTHING = 0.9
cdef double GAIN = 4.0
cdef double THRESHOLD = 12.5
cdef double THRESHOLD_LEAST = 6.0
cdef double THRESHOLD_MOST = 600.0
cdef double RISES = 0.0087
cdef double FALLS = 0.039
# A single leap of the trend does not move the threshold
cdef double LEAPS = 15.0


cdef void trend_open(trend* t) noexcept nogil:
    memset(t, 0, sizeof(trend))
    t.threshold = THRESHOLD
    t.least = t.least_before = NEVER


cdef void trend_forget(trend* t) noexcept nogil:
    cdef double threshold = t.threshold
    cdef int64_t least = t.least, before = t.least_before, since = t.least_since
    trend_open(t)
    t.threshold = threshold
    t.least, t.least_before, t.least_since = least, before, since


cdef void note_queue(trend* t, const arrival* a) noexcept nogil:
    cdef int64_t delay = a.arrived - a.sent
    if a.arrived - t.least_since > LEAST_SPAN or a.arrived < t.least_since:
        t.least_before = t.least if a.arrived - t.least_since < LEAST_KEPT else delay
        t.least = delay
        t.least_since = a.arrived
    t.least = min(t.least, delay)
    t.queue = delay - min(t.least, t.least_before)
    if t.queue > LEAP or t.queue < 0:
        t.least = t.least_before = delay
        t.queue = 0


cdef double fitted(const trend* t) noexcept nogil:
    """Slope of the line through the points (least squares)."""
    cdef double x = 0, y = 0, over = 0, under = 0
    cdef int32_t i
    for i in range(t.count):
        x += t.times[i]
        y += t.delays[i]
    x /= t.count
    y /= t.count
    for i in range(t.count):
        over += (t.times[i] - x) * (t.delays[i] - y)
        under += (t.times[i] - x) * (t.times[i] - x)
    return over / under if under > 0 else 0


cdef void adapt_threshold(trend* t, double modified, double passed) noexcept nogil:
    if fabs(modified) > t.threshold + LEAPS:
        return
    t.threshold += ((FALLS if fabs(modified) < t.threshold else RISES)
                    * (fabs(modified) - t.threshold) * min(passed, 100.0))
    t.threshold = max(THRESHOLD_LEAST, min(THRESHOLD_MOST, t.threshold))


cdef void judge(trend* t, double slope, int64_t now) noexcept nogil:
    cdef double modified = min(t.count, <int32_t>GAIN_MOST) * slope * GAIN
    cdef bint rising = slope >= t.slope
    t.slope = slope
    t.underusing = modified < -t.threshold
    if modified <= t.threshold:
        t.over_since = 0
        t.overusing = False
    elif t.over_since == 0:
        t.over_since = now
    elif now - t.over_since > OVER_FOR and rising:
        t.overusing = True
    adapt_threshold(t, modified, (now - t.judged_at) / 1000.0 if t.judged_at else 0)
    t.judged_at = now


cdef void add_burst(trend* t) noexcept nogil:
    """The open burst is whole: how much longer it took than the one before."""
    cdef double difference
    if t.began:
        difference = ((t.arrived - t.last_arrived) - (t.sent - t.last_sent)) / 1000.0
        t.delay += difference
        t.smoothed = SMOOTHING * t.smoothed + (1 - SMOOTHING) * t.delay
        t.times[t.next] = (t.arrived - t.origin) / 1000.0
        t.delays[t.next] = t.smoothed
        t.next = (t.next + 1) % POINTS
        t.count = min(t.count + 1, <int32_t>POINTS)
        if t.count == POINTS:
            judge(t, fitted(t), t.arrived)
    else:
        t.origin = t.arrived
    t.began = True
    t.last_sent, t.last_arrived = t.sent, t.arrived


cdef bint belongs(const trend* t, const arrival* a) noexcept nogil:
    if a.sent - t.first_sent <= BURST:
        return True
    return (a.arrived - t.arrived <= BURST and a.arrived - t.arrived < a.sent - t.sent
            and a.arrived - t.last_arrived < BURST_MOST)


cdef void trend_add(trend* t, const arrival* a) noexcept nogil:
    note_queue(t, a)
    if t.open and a.sent < t.first_sent:
        return
    if t.open and (a.arrived - t.arrived > LEAP or t.arrived - a.arrived > LEAP):
        trend_forget(t)
    if t.open and not belongs(t, a):
        add_burst(t)
        t.open = False
    if not t.open:
        t.open = True
        t.first_sent = t.sent = a.sent
        t.arrived = a.arrived
        return
    t.sent = max(t.sent, a.sent)
    t.arrived = max(t.arrived, a.arrived)
