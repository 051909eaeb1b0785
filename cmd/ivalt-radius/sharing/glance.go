package sharing

// Glance is the nodes, and whether the memory can be asked, as this node knows them already: it asks nobody and waits for nothing. Version, eviction
// and replicas of the servers are not in it. False: the node is alone by its settings.
func (n *Sharing) Glance() (Report, bool) {
	if n == nil {
		return Report{}, false
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	r := Report{Node: n.name, Memory: describe(n.redis), Nodes: n.view.nodes}
	m := &r.Memory
	m.Reachable, m.Why, m.Hears, m.Stale = !n.reach.gone && n.view.known, n.reach.why, n.engine.Feed().Current(), true
	if since := n.reach.since; !since.IsZero() {
		m.Since = &since
	}
	m.Alone = n.alone != nil && n.alone.Now().Alone
	return r, true
}
