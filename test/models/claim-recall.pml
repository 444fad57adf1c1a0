/*
 * One word of a record is written by both sides: the member claims the record, the host takes it back. The ring has two
 * records; cursors wrap at 8, so that a record which is still run can be a whole turn of the cursors behind.
 *
 *   here                     code
 *   host: write              Lane.writeTask (pools/thread/lane.ts), RingProducer
 *   host: recall             recallRecord (pools/ring/claim.ts), RingProducer.isUnreleased, Lane.recall
 *   member                   MemberLoop.#enterNextRecord, #runRecord: MemberLane.claim → claimRecord; RingConsumer.release
 *   position                 InFlightEntry.position: bytes ever written, never wraps (RingProducer.position)
 *
 * The first record's run may last for ever (an asynchronous one): its entry, with an old position, can be recalled at any
 * time. Shown: each record is run or recalled, never both and never neither; a recall never touches a later record in
 * the same place (ABA), whatever the cursors have done since.
 *
 * RUN holds deadlock
 * RUN fails assert -DNO_CAS            # the member claims by a load and a store
 * RUN fails assert -DHEAD_IGNORED      # the host does not look at `head` first
 * RUN fails assert -DSHORT_POSITION    # positions wrap with the cursors, as the code did before decision 0021
 */
#define RECORDS 7
#define PLACES 2
#define QUEUED 0
#define CLAIMED 1
#define RECALLED 2
#define WRAP 8

byte claim[PLACES];
byte ticket[PLACES];
byte tail, head; /* modulo WRAP */
bool isRun[RECORDS + 1];
bool isTakenBack[RECORDS + 1];
byte position[RECORDS + 1];

#define USED(cursor) (((cursor) - head) & (WRAP - 1))

inline recall(record) {
#ifdef HEAD_IGNORED
  canBe = true;
#else
#ifdef SHORT_POSITION
  canBe = (((position[record] - head) & (WRAP - 1)) < WRAP / 2);
#else
  /* Bytes ever written less what is unreleased: where the head is, without wrap. */
  canBe = (position[record] >= written - USED(mine));
#endif
#endif
  if
  :: canBe ->
    if
    :: atomic { claim[position[record] % PLACES] == QUEUED -> claim[position[record] % PLACES] = RECALLED };
      isTakenBack[record] = true;
      assert(!isRun[record])
    :: claim[position[record] % PLACES] != QUEUED
    fi
  :: !canBe
  fi
}

active proctype host() {
  byte mine = 0, written = 0, record = 1;
  bool canBe;
  do
  :: record <= RECORDS && USED(mine) < PLACES ->
    claim[mine % PLACES] = QUEUED;
    ticket[mine % PLACES] = record;
    position[record] = written;
    mine = (mine + 1) % WRAP;
    written++;
    tail = mine;
    record++
  :: record > 1 && !isTakenBack[1] -> recall(1)
  :: record > 2 && !isTakenBack[record - 1] -> recall(record - 1)
  :: record > RECORDS -> break
  od
}

active proctype member() {
  byte mine = 0, record, met = 0;
  bool isMine;
  do
  :: met == RECORDS -> break
  :: tail != mine ->
    record = ticket[mine % PLACES];
#ifdef NO_CAS
    isMine = (claim[mine % PLACES] == QUEUED);
    if
    :: isMine -> claim[mine % PLACES] = CLAIMED
    :: else
    fi;
#else
    atomic {
      isMine = (claim[mine % PLACES] == QUEUED);
      if
      :: isMine -> claim[mine % PLACES] = CLAIMED
      :: else
      fi
    };
#endif
    if
    :: isMine ->
      assert(!isTakenBack[record]);
      isRun[record] = true
    :: else ->
      /* Passed over: it must have been taken back, or it is lost. */
      isTakenBack[record]
    fi;
    mine = (mine + 1) % WRAP;
    head = mine;
    met++
  od
}
