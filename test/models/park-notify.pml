/*
 * Parking and bells, in both directions. Without HOST_TURNS: the host publishes, a member sleeps (it looks again after
 * parking). With HOST_TURNS: two members publish, the host runs in passes over both lanes, parks in both, looks again.
 * Somebody also posts a bell that means nothing, and bells come late: an event loop delivers them when it likes.
 *
 * With DOZE the host does not go on after a pass that has found something, but may doze: it asks for a bell only for
 * records that are *urgent* (calls), and a timer ends the doze. A member tells of its other records before it waits, and
 * may as well compute for ever. `owed` is how far somebody waits for the host: a call was made, or the member waits. One
 * lane only: of two, each with records of both kinds, there are too many states.
 *
 *   here                     code
 *   publish()                RingProducer.publish, then Doorbell.ring or ringNow (pools/ring/doorbell.ts)
 *   publisher(), DOZE        Outbox.outcome, #write, announce (pools/thread/member/outbox.ts)
 *   member()                 MemberLoop.#turn, #work, #park (pools/thread/member/loop.ts), ParkedWord
 *   host()                   HostTurns.#pass, #doze (pools/thread/host-turns.ts), LanePool.#drain, #park, #doze
 *   bells, recheck()         the bell ports; HostTurns.#armRecheck with LanePool.#nudge
 *
 * Shown: G7 (what is published is read in the end, under weak fairness; stale bells are harmless), G8 (with every bell
 * dropped the timed look alone keeps things going). A doze delays what is published until the timer, and delays nothing
 * that somebody waits for, even if the timer never fires.
 *
 * RUN holds ltl heard
 * RUN holds ltl heard -DHOST_TURNS
 * RUN holds ltl heard -DHOST_TURNS -DBELLS_DROPPED -DRECHECK
 * RUN holds ltl heard -DBELLS_DROPPED -DRECHECK
 * RUN fails ltl heard -DLOST_BELL                     # the sleeper does not look again after it has parked
 * RUN fails ltl heard -DLOST_BELL -DHOST_TURNS
 * RUN fails ltl heard -DBELL_BEFORE_TAIL              # the publisher looks for a sleeper before it publishes
 * RUN fails ltl heard -DHOST_TURNS -DBELLS_DROPPED    # nobody but bells wakes the host
 * RUN holds ltl heard -DHOST_TURNS -DDOZE
 * RUN holds ltl answered -DHOST_TURNS -DDOZE -DNO_TIMER
 * RUN fails ltl heard -DHOST_TURNS -DDOZE -DNO_TIMER                    # nothing ends a doze but urgent records
 * RUN fails ltl answered -DHOST_TURNS -DDOZE -DNO_TIMER -DLOST_URGENT   # the host does not look again after it has dozed off
 * RUN fails ltl answered -DHOST_TURNS -DDOZE -DNO_TIMER -DUNANNOUNCED   # a member waits and has not told of its outcomes
 * RUN fails ltl answered -DHOST_TURNS -DDOZE -DNO_TIMER -DMEEK          # a call rings only for a host that is parked
 */
#define AWAKE 0
#define PARKED 1
#define DOZING 2

#if defined(HOST_TURNS) && !defined(DOZE)
#define LANES 2
#define RECORDS 2
#else
#define LANES 1
#define RECORDS 3
#endif

byte tail[LANES];
byte seen[LANES];
byte parked[LANES];
chan bells = [6] of { bit };

#ifdef BELLS_DROPPED
#define POST skip
#else
#define POST bells!1
#endif

/* compareExchange: what was loaded before may have changed meanwhile. */
inline wake(lane, before) {
  if
  :: atomic { parked[lane] == before -> parked[lane] = AWAKE };
    POST
  :: parked[lane] != before
  fi
}

inline ringBell(lane) {
  if
  :: parked[lane] == PARKED -> wake(lane, PARKED)
  :: parked[lane] != PARKED
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

#ifdef DOZE
byte owed[LANES];

inline ringNow(lane) {
#ifdef MEEK
  ringBell(lane)
#else
  if
  :: parked[lane] == PARKED -> wake(lane, PARKED)
  :: parked[lane] == DOZING -> wake(lane, DOZING)
  :: parked[lane] == AWAKE
  fi
#endif
}

active [LANES] proctype publisher() {
  byte sent = 0;
  bool isUnheard = false;
  do
  :: sent < RECORDS ->
    publish(_pid);
    sent++;
    isUnheard = true
  :: sent < RECORDS ->
    atomic { tail[_pid]++; sent++; owed[_pid] = tail[_pid] };
    ringNow(_pid)
  :: isUnheard -> /* It waits. */
    atomic { isUnheard = false; owed[_pid] = tail[_pid] };
#ifndef UNANNOUNCED
    ringNow(_pid)
#endif
  :: sent == RECORDS -> break /* It computes for ever, or has told of everything. */
  od
}
#else
active [LANES] proctype publisher() {
  byte sent = 0;
  do
  :: sent < RECORDS ->
    publish(_pid);
    sent++
  :: else -> break
  od
}
#endif

active proctype stranger() {
  bells!1
}

#ifdef HOST_TURNS
/* One access to shared memory a step. */
inline tellAll(state) {
  do
  :: atomic { lane < LANES -> parked[lane] = state; lane++ }
  :: atomic { lane == LANES -> lane = 0; break }
  od
}

inline drain() {
  found = 0;
  do
  :: atomic { lane < LANES -> found = found + tail[lane] - seen[lane]; seen[lane] = tail[lane]; lane++ }
  :: atomic { lane == LANES -> lane = 0; break }
  od
}

active proctype host() {
  byte found, lane;
  do
  :: drain();
    if
    :: found == 0 ->
      tellAll(PARKED);
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
#ifdef DOZE
    if
    :: found > 0 ->
      tellAll(DOZING);
#ifdef LOST_URGENT
      found = 0;
#else
      drain();
#endif
      if
      :: found == 0 ->
end2:   if
        :: bells?_
#ifndef NO_TIMER
        :: true
#endif
        fi
      :: else
      fi
    :: true /* It has parked, or its members have too little work. */
    fi;
#endif
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
    parked[0] = PARKED;
#ifndef LOST_BELL
    if
    :: seen[0] != tail[0] -> parked[0] = AWAKE
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
#ifdef DOZE
#define ANSWERED(lane, n) ([] ((owed[lane] >= n) -> <> (seen[lane] >= n)))
ltl answered { ANSWERED(0, 1) && ANSWERED(0, RECORDS) && ANSWERED((LANES - 1), RECORDS) }
#endif
ltl heard { HEARD(0, 1) && HEARD(0, RECORDS) && HEARD((LANES - 1), RECORDS) }
