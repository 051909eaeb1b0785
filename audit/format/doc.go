// Package format writes the trail's records the way that other programs read them: the trail's own JSON, the Elastic Common Schema,
// the ArcSight Common Event Format, and CSV. Both shipping and `audit export` use it.
//
// Names come from the network, and each reader has signs of its own that it obeys. No text of a record can end a line, a field or a
// record in any of the forms: JSON and ECS escape as the trail does, CEF and CSV as their readers ask for. Control characters, line
// separators and characters that hide or reorder text have no escape in CEF and CSV: there a text that holds one, or begins with a
// double quote, stands as a JSON string, quotes included. So two different texts never look the same.
package format
