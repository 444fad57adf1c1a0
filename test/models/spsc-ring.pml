/*
 * One ring: reserve, write, commit, publish; refresh, next, release. Records of one or two cells in a ring of four, so
 * that every record meets the end of the ring, its padding and a full ring; the cursors start three cells before their own
 * wrap. With KILL the producer stops for ever between any two of its steps (T14).
 *
 *   here                     code (pools/ring)
 *   a cell, 8 bytes          RECORD_ALIGN_BYTES, record.ts
 *   tail, head               tailWord, headWord (layout.ts); wrap at 2^8 here, at 2^32 there
 *   producer                 RingProducer.reserve, #hasRoom, #refreshHead, #writePadding, commit, publish
 *   consumer                 RingConsumer.refresh, next, #enter, #skipPadding, release
 *
 * Shown: G1 (no record is read whose cells are not all written), G2 (whole records or nothing after a kill), G3 (each
 * once, in order), G4 (nothing unread is overwritten; a payload stays until `release`; a full ring does not stop for
 * ever), G5 (padding and wrap).
 *
 * RUN holds deadlock
 * RUN holds deadlock -DSTART=0
 * RUN holds assert -DKILL -DRECORDS=4
 * RUN fails assert -DEARLY_COMMIT      # tail is published before the cells are written
 * RUN fails assert -DFULL_IGNORED      # room is not asked for
 */
#ifndef START
#define START 253
#endif
#ifndef RECORDS
#define RECORDS 5
#endif
#define CELLS 4
#define OFFSET(cursor) ((cursor) & (CELLS - 1))
#define DISTANCE(a, b) (((a) - (b)) & 255)
#define PADDING 128
/* What the cell of a record holds: its sequence number, its size, and which of its cells it is. */
#define CELL(sequence, size, part) ((sequence) * 8 + (size) * 2 + (part))

byte cell[CELLS];
byte tail = START;
byte head = START;
bool isKilled = false;

active proctype producer() provided (!isKilled) {
  byte sequence = 1, size, padding, mine = START, knownHead = START, part;
  do
  :: sequence > RECORDS -> break
  :: else ->
    if
    :: size = 1
    :: size = 2
    fi;
    padding = (size > CELLS - OFFSET(mine) -> CELLS - OFFSET(mine) : 0);
#ifndef FULL_IGNORED
    do
    :: size + padding <= CELLS - DISTANCE(mine, knownHead) -> break
    :: else ->
      tail = mine; /* whoever finds the ring full flushes what it has */
      head != knownHead;
      knownHead = head
    od;
#endif
    if
    :: padding > 0 ->
      cell[OFFSET(mine)] = PADDING + padding;
      mine = mine + padding
    :: else
    fi;
#ifdef EARLY_COMMIT
    tail = mine + size;
#endif
    part = 0;
    do
    :: part < size ->
      cell[OFFSET(mine + part)] = CELL(sequence, size, part);
      part++
    :: else -> break
    od;
    mine = mine + size;
    sequence++;
    if
    :: tail = mine
    :: sequence <= RECORDS /* published with the next one */
    fi
  od;
  tail = mine
}

active proctype consumer() {
  byte expected = 1, mine = START, knownTail = START, value, size, part, lastAt = START, lastSize = 0;
  do
  :: expected > RECORDS -> break
  :: isKilled && tail == mine -> break
  :: tail != mine ->
    knownTail = tail;
    assert(DISTANCE(knownTail, head) <= CELLS);
    do
    :: mine == knownTail -> break
    :: mine != knownTail ->
      value = cell[OFFSET(mine)];
      if
      :: value >= PADDING ->
        assert(value - PADDING == CELLS - OFFSET(mine));
        mine = mine + value - PADDING
      :: else ->
        size = (value / 2) & 3;
        assert(value == CELL(expected, size, 0) && size >= 1 && size <= DISTANCE(knownTail, mine));
        part = 1;
        do
        :: part < size ->
          assert(cell[OFFSET(mine + part)] == CELL(expected, size, part));
          part++
        :: else -> break
        od;
        lastAt = mine;
        lastSize = size;
        mine = mine + size;
        expected++
      fi
    od;
    /* The payload of the last record is still there when its reader is done with it. */
    if
    :: lastSize > 0 -> assert(cell[OFFSET(lastAt + lastSize - 1)] == CELL(expected - 1, lastSize, lastSize - 1))
    :: else
    fi;
    lastSize = 0;
    head = mine
  od
}

#ifdef KILL
active proctype killer() {
  isKilled = true
}
#endif
