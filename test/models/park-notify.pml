/*
 * Parking and bells, in both directions. Without HOST_TURNS: the host publishes, a member sleeps (it looks again after
 * parking). With HOST_TURNS: two members publish, the host runs in passes over both lanes, parks in both, looks again.
 * Somebody also posts a bell that means nothing, and bells come late: an event loop delivers them when it likes.
 *
 *   here                     code
 *   publish()                RingProducer.publish, then Doorbell.ring (pools/ring/doorbell.ts)
 *   member()                 MemberLoop.#turn, #work, #park (pools/thread/member/loop.ts), ParkedWord
 *   host()                   HostTurns.#pass (pools/thread/host-turns.ts), LanePool.#drain, #park
 *   bells, recheck()         the bell ports; HostTurns.#armRecheck with LanePool.#nudge
 *
 * Shown: G7 (what is published is read in the end, under weak fairness; stale bells are harmless), G8 (with every bell
 * dropped the timed look alone keeps things going).
 *
 * RUN holds ltl heard
 * RUN holds ltl heard -DHOST_TURNS
 * RUN holds ltl heard -DHOST_TURNS -DBELLS_DROPPED -DRECHECK
 * RUN holds ltl heard -DBELLS_DROPPED -DRECHECK
 * RUN fails ltl heard -DLOST_BELL                     # the sleeper does not look again after it has parked
 * RUN fails ltl heard -DLOST_BELL -DHOST_TURNS
 * RUN fails ltl heard -DBELL_BEFORE_TAIL              # the publisher looks for a sleeper before it publishes
 * RUN fails ltl heard -DHOST_TURNS -DBELLS_DROPPED    # nobody but bells wakes the host
 */
#ifdef HOST_TURNS
#define LANES 2
#define RECORDS 2
#else
#define LANES 1
#define RECORDS 3
#endif

byte tail[LANES];
byte seen[LANES];
bool isParked[LANES];
chan bells = [6] of { bit };

#ifdef BELLS_DROPPED
#define POST skip
#else
#define POST bells!1
#endif

inline ringBell(lane) {
  if
  :: isParked[lane] ->
    if
    :: atomic { isParked[lane] -> isParked[lane] = false }; /* compareExchange */
      POST
    :: !isParked[lane]
    fi
  :: !isParked[lane]
  fi
}

inline publish(lane) {
#ifdef BELL_BEFORE_TAIL
  ringBell(lane);
  tail[lane]++
#else
  tail[lane]++;
  ringBell(lane)
#endif
}

active [LANES] proctype publisher() {
  byte sent = 0;
  do
  :: sent < RECORDS ->
    publish(_pid);
    sent++
  :: else -> break
  od
}

active proctype stranger() {
  bells!1
}

#ifdef HOST_TURNS
inline drain() {
  found = 0;
  lane = 0;
  do
  :: lane < LANES ->
    known = tail[lane];
    found = found + known - seen[lane];
    seen[lane] = known;
    lane++
  :: else -> break
  od
}

active proctype host() {
  byte found, lane, known;
  do
  :: drain();
    if
    :: found == 0 ->
      lane = 0;
      do
      :: lane < LANES ->
        isParked[lane] = true;
        lane++
      :: else -> break
      od;
#ifdef LOST_BELL
      found = 0;
#else
      drain();
#endif
      if
      :: found == 0 ->
end:    bells?_
      :: else
      fi
    :: else
    fi;
    /* A bell that comes while a pass is due means nothing more. */
    if
    :: nempty(bells) -> bells?_
    :: true
    fi
  od
}
#else
active proctype member() {
  do
  :: do
    :: seen[0] < tail[0] -> seen[0]++
    :: seen[0] == tail[0] -> break
    od;
    isParked[0] = true;
#ifndef LOST_BELL
    if
    :: seen[0] != tail[0] -> isParked[0] = false
    :: seen[0] == tail[0] ->
end:  bells?_
    fi
#else
end2: bells?_
#endif
  od
}
#endif

#ifdef RECHECK
/* Looks now and then while something is in flight. */
active proctype recheck() {
  do
  :: seen[0] < RECORDS || seen[LANES - 1] < RECORDS ->
    if
    :: empty(bells) -> bells!1
    :: nempty(bells)
    fi
  :: seen[0] == RECORDS && seen[LANES - 1] == RECORDS -> break
  od
}
#endif

#define HEARD(lane, n) ([] ((tail[lane] >= n) -> <> (seen[lane] >= n)))
ltl heard { HEARD(0, 1) && HEARD(0, RECORDS) && HEARD((LANES - 1), RECORDS) }
