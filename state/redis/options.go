package redis

import (
	"github.com/sirupsen/logrus"

	"ivalt-radius/state/cluster"
	"ivalt-radius/state/redis/link"
)

// Options are what an Engine is made of.
type Options struct {
	link.Settings

	Node, Version string
	Log           logrus.FieldLogger   // nil: nothing is logged
	Leads         func() int           // how many attempts this node leads, for those who look at the cluster; nil: none
	Changed       func(Event)          // is told of each Event, one at a time, and must not call the Engine's Close; nil: nobody is
	Notice        func(cluster.Notice) // is told what other nodes do to the attempts of this one, and must not block; nil: nobody is
}
