package queue

import (
	"cmp"
	"container/heap"
	"math/rand/v2"
	"slices"
	"testing"
	"time"
)

// member is in two queues at most.
type member struct {
	born   uint64
	places [2]int32
}

func (m *member) Place(lane int) *int32 { return &m.places[lane] }
func (m *member) Born() uint64          { return m.born }

func members(n int) (all []*member) {
	for i := range n {
		all = append(all, &member{born: uint64(i), places: [2]int32{-1, -1}})
	}
	return all
}

// drained takes all out, first ones first.
func drained(q *Queue[*member]) (born []uint64) {
	for first := q.First(); first != nil; first = q.First() {
		born = append(born, first.Of.born)
		q.Remove(first.Of)
	}
	return born
}

// TestOrder: lower rank first, then earlier, then older.
func TestOrder(t *testing.T) {
	all := members(6)
	var q Queue[*member]
	for _, c := range []struct {
		who  int
		rank uint8
		at   time.Duration
	}{{5, 1, 0}, {4, 0, 2}, {3, 0, 1}, {2, 0, 1}, {1, 2, 0}, {0, 1, 1}} {
		q.Put(all[c.who], c.rank, c.at)
	}
	if got := drained(&q); !slices.Equal(got, []uint64{2, 3, 4, 5, 0, 1}) {
		t.Errorf("order %v", got)
	}
}

// TestMembers: one is at most once in a queue, its place in another one is its own, and one that is out may be taken out.
func TestMembers(t *testing.T) {
	all := members(2)
	q, other := Queue[*member]{}, Queue[*member]{Lane: 1}
	if q.First() != nil || q.Len() != 0 {
		t.Error("an empty queue has a head")
	}
	q.Remove(all[0])
	q.Put(all[0], 0, 5)
	other.Put(all[0], 0, 5)
	q.Put(all[1], 0, 6)
	q.Put(all[0], 0, 7) // it moves
	if q.Len() != 2 || q.First().Of != all[1] || other.Len() != 1 || len(q.Items()) != 2 || q.Items()[0].Of != all[1] {
		t.Errorf("%d and %d members", q.Len(), other.Len())
	}
	q.Remove(all[0])
	q.Remove(all[0])
	if q.Len() != 1 || all[0].places != [2]int32{-1, 0} {
		t.Errorf("%d members, places %v", q.Len(), all[0].places)
	}
}

// TestHeap: container/heap's own way in and out keeps the same order and places.
func TestHeap(t *testing.T) {
	all := members(5)
	var q Queue[*member]
	for i, m := range all {
		*m.Place(0) = int32(i)
		heap.Push(&q, Item[*member]{At: time.Duration(5 - i), Of: m})
	}
	q.Push("no member")
	if q.Len() != len(all) {
		t.Fatalf("%d members", q.Len())
	}
	for i := len(all) - 1; i >= 0; i-- {
		item, ok := heap.Pop(&q).(Item[*member])
		if !ok || item.Of != all[i] || *all[i].Place(0) != -1 {
			t.Errorf("member %d: %+v", i, item)
		}
	}
}

// TestAgainstAList does the same to a queue and to a list that is sorted each time.
func TestAgainstAList(t *testing.T) {
	dice := rand.New(rand.NewPCG(1, 2)) //nolint:gosec // the same each time
	all := members(40)
	var q Queue[*member]
	list := map[*member]Item[*member]{}
	for range 5000 {
		m := all[dice.IntN(len(all))]
		if dice.IntN(3) == 0 {
			q.Remove(m)
			delete(list, m)
		} else {
			item := Item[*member]{At: time.Duration(dice.IntN(9)), Rank: uint8(dice.IntN(3)), Of: m} //nolint:gosec // less than 3
			q.Put(m, item.Rank, item.At)
			list[m] = item
		}
		if len(list) == 0 {
			continue
		}
		var want []Item[*member]
		for _, item := range list {
			want = append(want, item)
		}
		first := slices.MinFunc(want, func(a, b Item[*member]) int {
			return cmp.Or(cmp.Compare(a.Rank, b.Rank), cmp.Compare(a.At, b.At), cmp.Compare(a.Of.born, b.Of.born))
		})
		if q.Len() != len(list) || *q.First() != first {
			t.Fatalf("%d members, head %+v; want %d, %+v", q.Len(), *q.First(), len(list), first)
		}
		for i, item := range q.Items() {
			if int(item.Of.places[0]) != i {
				t.Fatalf("member %d says place %d, and is at %d", item.Of.born, item.Of.places[0], i)
			}
		}
	}
}
