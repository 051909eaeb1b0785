// Package shipping brings the settings `audit.ship` to package ship, which sends the trail's records away.
package shipping
