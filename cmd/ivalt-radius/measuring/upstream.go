package measuring

import (
	"slices"

	"ivalt-radius/admin/metrics"
	"ivalt-radius/cmd/ivalt-radius/now"
	"ivalt-radius/ivalt/gateway"
	"ivalt-radius/ivalt/standing"
)

// budget is what is left of the API budget.
func (r Rooms) budget() metrics.Budget {
	left := now.Budget(r.Phone.Room())
	b := metrics.Budget{Windows: left.Windows}
	if !left.Held.IsZero() {
		b.Held = max(0, left.Held.Sub(r.Now()))
	}
	return b
}

// breakers say which of iVALT's endpoints are asked.
func (r Rooms) breakers() (all []metrics.Breaker) {
	shut := r.Phone.Outages()
	for endpoint := range gateway.Endpoint(gateway.Endpoints) {
		b := metrics.Breaker{Endpoint: endpoint.String(), State: metrics.BreakerClosed}
		if i := slices.IndexFunc(shut, func(s standing.Shut) bool { return s.Endpoint == endpoint }); i >= 0 {
			b.State = metrics.BreakerFailing
			if shut[i].Refused {
				b.State = metrics.BreakerRefused
			}
		}
		all = append(all, b)
	}
	return all
}
