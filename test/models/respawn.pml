/*
 * A place and the members that hold it one after another. The host gives jobs to the member that has the place, takes
 * back what is unclaimed, drains outcomes, and learns of an exit some time after it. The first member is killed, terminated,
 * retired or written off (in native code) at any moment; its successor may run beside it.
 *
 *   here                     code (pools/thread)
 *   a lane per epoch         Lane, made anew for each MemberHandle (lane.ts, member-handle.ts)
 *   give, takeBack           Dispatcher.give, takeBack, putBack (dispatcher.ts)
 *   settle()                 drainLane → settle (lane-drain.ts), InFlight.find
 *   gone()                   Departures.gone, reckon (departures.ts, reckoning.ts), Roster.gone
 *   terminate, writeOff      Departures.terminate; MemberHandle.#toGone after WRITE_OFF_AFTER_MS
 *   retire, finish           Departures.retire, finishIfDone; MemberHandle.finish, HostCommand.RETIRE
 *   member()                 MemberLoop: claim, run, outcome; #retireIfAsked
 *
 * Tickets are places in the lane and come again with the next member, on purpose. Shown: every job gets exactly one end;
 * an outcome ends the job that it belongs to and no other (G12); what was committed before an exit is told, not lost
 * (G10); no job runs twice; a retired member ends what it has claimed; the words of one epoch are never those of the
 * next (G13).
 *
 * RUN holds assert
 * RUN holds ltl ended
 * RUN fails assert -DEPOCH_IGNORED     # an outcome is looked up among the jobs of whoever has the place now
 * RUN fails assert -DNOT_DRAINED       # an exit is not preceded by a last look at the outcomes
 * RUN fails assert -DRETIRED_AT_ONCE   # a retired member ends without what it has claimed
 */
#define JOBS 3
#define DEPTH 2
#define EPOCHS 3
#define NONE 0

/* Shared memory of each epoch: [epoch * DEPTH + ticket]. */
#define AT(epoch, ticket) ((epoch) * DEPTH + (ticket))
bool isWritten[6];   /* record of the task, published */
bool isClaimed[6];
bool isRecalled[6];
byte jobOf[6];       /* what the record says */
byte outcomeOf[6];   /* job whose outcome is committed under the ticket */
bool isAskedToRetire[EPOCHS];
bool isDead[EPOCHS];

/* What the host knows: ticket → job. */
byte entry[6];
bool isTold[EPOCHS];      /* the member's end has been dealt with */
bool hasPlace[EPOCHS];
byte place = 0;
byte endsOf[JOBS + 1];
byte runsOf[JOBS + 1];
bool isCommitted[JOBS + 1];
bool isPutBack[JOBS + 1];
bool isKilled; /* from outside: then a claimed job may be lost */

#define DONE (endsOf[1] == 1 && endsOf[2] == 1 && endsOf[3] == 1)

proctype member(byte epoch) provided (!isDead[epoch]) {
  byte ticket = 0, job = NONE;
  do
  :: job == NONE && ticket < DEPTH && isWritten[AT(epoch, ticket)] ->
    if
    :: atomic { !isRecalled[AT(epoch, ticket)] -> isClaimed[AT(epoch, ticket)] = true };
      runsOf[jobOf[AT(epoch, ticket)]]++;
      assert(runsOf[jobOf[AT(epoch, ticket)]] == 1);
      /* It may wait for a promise now: the loop goes on. */
      job = jobOf[AT(epoch, ticket)]
    :: isRecalled[AT(epoch, ticket)] -> ticket++
    fi
  :: job != NONE ->
    atomic {
      outcomeOf[AT(epoch, ticket)] = job;
      isCommitted[job] = true
    };
    job = NONE;
    ticket++
  :: isAskedToRetire[epoch] -> isDead[epoch] = true
  od
}

inline end(job) {
  endsOf[job]++;
  assert(endsOf[job] == 1)
}

/* Reads the outcomes of one member. */
inline settle(epoch) {
  t = 0;
  do
  :: t < DEPTH ->
    if
    :: outcomeOf[AT(epoch, t)] != NONE ->
#ifdef EPOCH_IGNORED
      owner = place;
#else
      owner = epoch;
#endif
      if
      :: entry[AT(owner, t)] != NONE ->
        assert(entry[AT(owner, t)] == outcomeOf[AT(epoch, t)]);
        end(entry[AT(owner, t)]);
        entry[AT(owner, t)] = NONE
      :: else
      fi;
      outcomeOf[AT(epoch, t)] = NONE
    :: else
    fi;
    t++
  :: else -> break
  od
}

/* Takes unclaimed records back; with `isLast` the claimed ones end with the member. */
inline takeBack(epoch, isLast, wasDrained) {
  t = 0;
  do
  :: t < DEPTH ->
    if
    :: entry[AT(epoch, t)] != NONE ->
      if
      :: atomic { !isClaimed[AT(epoch, t)] -> isRecalled[AT(epoch, t)] = true };
        isPutBack[entry[AT(epoch, t)]] = true;
        entry[AT(epoch, t)] = NONE
      :: isClaimed[AT(epoch, t)] && isLast ->
        /* Lost with its member. Of a dead member that is true only if it had committed nothing. */
        assert(!(wasDrained && isCommitted[entry[AT(epoch, t)]]));
        /* A member that left because it was asked to has ended everything. */
        assert(isKilled || !wasDrained);
        end(entry[AT(epoch, t)]);
        entry[AT(epoch, t)] = NONE
      :: isClaimed[AT(epoch, t)] && !isLast
      fi
    :: else
    fi;
    t++
  :: else -> break
  od
}

inline giveUpPlace(epoch) {
  if
  :: place == epoch && epoch + 1 < EPOCHS ->
    place = epoch + 1;
    next[place] = 0;
    run member(place)
  :: else
  fi
}

inline isEmptyLane(epoch, answer) {
  answer = (entry[AT(epoch, 0)] == NONE && entry[AT(epoch, 1)] == NONE)
}

active proctype host() {
  byte t, owner, job, e, next[EPOCHS];
  bool isIdle, isRetiring, isTerminating;
  isPutBack[1] = true;
  isPutBack[2] = true;
  isPutBack[3] = true;
  run member(0);
  do
  :: DONE -> break
  :: else ->
    /* exit, told some time after it */
    if
    :: isDead[0] && !isTold[0] ->
#ifndef NOT_DRAINED
      settle(0);
#endif
      isTold[0] = true;
      takeBack(0, true, true);
      giveUpPlace(0)
    :: else
    fi;
    /* give: the oldest job that waits */
    if
    :: next[place] < DEPTH && (isPutBack[1] || isPutBack[2] || isPutBack[3]) ->
      job = (isPutBack[1] -> 1 : (isPutBack[2] -> 2 : 3));
      isPutBack[job] = false;
      entry[AT(place, next[place])] = job;
      jobOf[AT(place, next[place])] = job;
      isWritten[AT(place, next[place])] = true;
      next[place]++
    :: else
    fi;
    if
    /* cut short from outside, or not: its place and its unclaimed jobs do not wait */
    :: place == 0 ->
      isTerminating = true;
      takeBack(0, false, false);
      giveUpPlace(0)
    /* renewed, shrunk or recycled, or not */
    :: place == 0 ->
      isRetiring = true;
      takeBack(0, false, false);
      giveUpPlace(0)
    /* written off: native code holds the thread; it may live on, and nobody reads its lane any more */
    :: isTerminating && !isTold[0] && !isDead[0] ->
      settle(0);
      isTold[0] = true;
      takeBack(0, true, false)
    :: true
    fi;
    /* a bell, or the timed look: drains each member whose end is not dealt with */
    e = 0;
    do
    :: e <= place ->
      if
      :: !isTold[e] -> settle(e)
      :: else
      fi;
      e++
    :: else -> break
    od;
    /* it is used up */
    if
    :: place == 0 && next[0] == DEPTH ->
      isEmptyLane(0, isIdle);
      if
      :: isIdle ->
        isRetiring = true;
        giveUpPlace(0)
      :: else
      fi
    :: else
    fi;
    /* nothing is left in the lane of a retired member: it may go */
    if
    :: isRetiring && !isAskedToRetire[0] && !isTold[0] ->
      isEmptyLane(0, isIdle);
#ifdef RETIRED_AT_ONCE
      isIdle = true;
#endif
      isAskedToRetire[0] = isIdle
    :: else
    fi;
    /* the second member takes two jobs as well */
    if
    :: place == 1 && next[1] == DEPTH ->
      isEmptyLane(1, isIdle);
      if
      :: isIdle -> giveUpPlace(1)
      :: else
      fi
    :: else
    fi
  od
}

/* Ends the first member between any two of its steps, or never. */
active proctype killer() {
  if
  :: atomic { isDead[0] = true; isKilled = true }
  :: true
  fi
}

ltl ended { <> (DONE) }
