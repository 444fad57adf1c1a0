/*
 * Back-pressure in both directions. A member sends calls and outcomes through two rings of one record each; what finds its
 * ring full is held, and everything behind it; while something is held no task is claimed. The host answers each call over
 * a ring of one record. Whoever holds something says so in a word of the status block, and whoever gives room back looks at
 * that word and rings. The room of a ring is the credit that must come back.
 *
 *   here                     code
 *   flush(), member          Outbox.flush, #send, #write; MemberLoop.#work, #canClaim, #park (pools/thread/member)
 *   readReplies()            HostLink.readReplies (pools/thread/member/link.ts)
 *   drain()                  drainLane (pools/thread/lane-drain.ts): outcomes' tail is looked at before the calls' tail
 *   writeReplies()           ReplyBox.flush (pools/thread/reply-box.ts)
 *   memberWants, hostWants   StatusBlock.memberWantsRoom, hostWantsRoom
 *   ring                     Doorbell.ring, as in park-notify.pml
 *
 * Shown: everything held is sent and every call answered in the end (G4, G7), no side sleeps for ever, calls are served
 * before the outcome of the run that made them, and in order (G3).
 *
 * RUN holds deadlock
 * RUN holds ltl served
 * RUN fails deadlock -DCREDIT_LEAKED     # a look that reads a record gives one record less back
 * RUN fails deadlock -DNO_SECOND_LOOK    # wants room, says so, and does not try once more before it sleeps
 * RUN fails deadlock -DNO_WAKE           # the host gives room back and does not look who waits for it
 * RUN fails assert -DCALLS_LOOKED_FIRST  # the calls' tail is looked at before the outcomes' tail
 */
/* Two runs: two calls and an outcome, one call and an outcome. */
#define RECORDS 5
#define IS_OUTCOME(record) ((record) == 3 || (record) == 5)
#define STARTS_RUN(record) ((record) == 1 || (record) == 4)
#define CALLS_BEFORE(outcome) ((outcome) == 3 -> 2 : 3)
#define CALLS 3
#define OUTCOMES 2
#define ROOM 1

byte callsTail, callsHead, outcomesTail, outcomesHead, repliesTail, repliesHead;
bool memberWants, hostWants, isMemberParked, isHostParked;
byte callsServed, outcomesServed, repliesRead;
chan toMember = [8] of { bit };
chan toHost = [8] of { bit };

#define DONE (outcomesServed == OUTCOMES && repliesRead == CALLS)

inline ring(isParked, bells) {
  if
  :: isParked ->
    if
    :: atomic { isParked -> isParked = false };
      bells!1
    :: !isParked
    fi
  :: !isParked
  fi
}

/* Writes records from `first` up to `end`, as far as there is room. */
inline flush() {
  do
  :: first == end -> memberWants = false; break
  :: first != end ->
    if
    :: IS_OUTCOME(first) -> hasRoom = (outcomesTail - outcomesHead < ROOM)
    :: else -> hasRoom = (callsTail - callsHead < ROOM)
    fi;
    if
    :: hasRoom ->
      if
      :: IS_OUTCOME(first) -> outcomesTail++
      :: else -> callsTail++
      fi;
      ring(isHostParked, toHost);
      first++
    :: !hasRoom && memberWants -> break
    :: !hasRoom && !memberWants ->
      memberWants = true;
#ifdef NO_SECOND_LOOK
      break
#endif
    fi
  od
}

inline readReplies() {
  if
  :: repliesTail != repliesHead ->
    repliesRead = repliesRead + repliesTail - repliesHead;
    repliesHead = repliesRead;
    if
    :: hostWants -> ring(isHostParked, toHost)
    :: !hostWants
    fi
  :: repliesTail == repliesHead
  fi
}

active proctype member() {
  byte first = 1, end = 1;
  bool hasRoom;
  do
  :: readReplies();
    flush();
    do
    :: end <= RECORDS && (first == end || !STARTS_RUN(end)) ->
      end++;
      flush()
    :: else -> break
    od;
    isMemberParked = true;
    if
    :: repliesTail != repliesHead -> isMemberParked = false
    :: repliesTail == repliesHead ->
      if
      :: first != end ->
#ifndef NO_SECOND_LOOK
        flush();
#endif
        if
        :: first == end -> isMemberParked = false
        :: first != end -> toMember?_
        fi
      :: first == end ->
        if
        :: toMember?_
        :: DONE -> break
        fi
      fi
    fi
  od
}

inline writeReplies() {
  if
  :: waiting > 0 ->
    written = 0;
    do
    :: waiting > 0 && repliesTail + written - repliesHead < ROOM ->
      waiting--;
      written++
    :: waiting > 0 && repliesTail + written - repliesHead >= ROOM ->
      if
      :: hostWants -> break
      :: !hostWants -> hostWants = true
      fi
    :: waiting == 0 -> hostWants = false; break
    od;
    if
    :: written > 0 ->
      repliesTail = repliesTail + written;
      ring(isMemberParked, toMember)
    :: written == 0
    fi
  :: waiting == 0
  fi
}

inline drain() {
#ifdef CALLS_LOOKED_FIRST
  knownCalls = callsTail;
  knownOutcomes = outcomesTail;
#else
  knownOutcomes = outcomesTail;
  knownCalls = callsTail;
#endif
  found = knownCalls - callsServed + knownOutcomes - outcomesServed;
  waiting = waiting + knownCalls - callsServed;
  callsServed = knownCalls;
  do
  :: outcomesServed < knownOutcomes ->
    outcomesServed++;
    assert(callsServed >= (outcomesServed == 1 -> CALLS_BEFORE(3) : CALLS_BEFORE(5)))
  :: outcomesServed == knownOutcomes -> break
  od;
#ifdef CREDIT_LEAKED
  callsHead = (callsHead < callsServed -> callsServed - 1 : callsHead);
#else
  callsHead = callsServed;
#endif
  outcomesHead = outcomesServed;
#ifndef NO_WAKE
  if
  :: found > 0 && memberWants -> ring(isMemberParked, toMember)
  :: else
  fi;
#endif
  writeReplies()
}

active proctype host() {
  byte waiting, written, found, knownCalls, knownOutcomes;
  do
  :: drain();
    if
    :: found == 0 ->
      isHostParked = true;
      drain();
      if
      :: found == 0 ->
        if
        :: toHost?_
        :: DONE -> break
        fi
      :: found > 0
      fi
    :: found > 0
    fi;
    do
    :: nempty(toHost) -> toHost?_
    :: break
    od
  od
}

ltl served { <> (DONE) }
