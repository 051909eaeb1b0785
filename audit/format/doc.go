// Package format writes the trail's records the way that other programs read them: the trail's own JSON, the Elastic Common Schema,
// the ArcSight Common Event Format, and CSV. Both shipping and `audit export` use it.
package format
