"""Questions that need no picture do not wait for those that do."""

import threading
import time

from pointillist.explorer.pool import NewestFirst

PATIENCE_S = 10.0


def test_an_urgent_task_waits_for_no_picture_and_its_thread_makes_none() -> None:
    pool, go_on = NewestFirst(threads=2), threading.Event()
    at_work, done, most, lock = [0], [0], [0], threading.Lock()

    def picture() -> None:
        with lock:
            at_work[0] += 1
            most[0] = max(most[0], at_work[0])
        go_on.wait(PATIENCE_S)
        with lock:
            at_work[0] -= 1
            done[0] += 1

    for _ in range(6):
        pool.submit(picture)
    end = time.monotonic() + PATIENCE_S
    while at_work[0] < 2 and time.monotonic() < end:
        time.sleep(0.01)
    answered = threading.Event()
    pool.submit(answered.set, urgent=True)
    assert answered.wait(PATIENCE_S)
    again = threading.Event()
    pool.submit(again.set, urgent=True)
    assert again.wait(PATIENCE_S)
    end = time.monotonic() + PATIENCE_S
    while pool.threads > 2 and time.monotonic() < end:
        time.sleep(0.01)
    assert (pool.threads, most[0], done[0]) == (2, 2, 0)
    go_on.set()
    while done[0] < 6 and time.monotonic() < end:
        time.sleep(0.01)
    assert (done[0], most[0]) == (6, 2)
    pool.close()
