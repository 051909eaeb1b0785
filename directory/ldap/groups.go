package ldap

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	ldap "github.com/go-ldap/ldap/v3"

	"ivalt-radius/auth"
)

// Bounds of the search for groups. Beyond them there is an error: a person whose groups were cut off could escape a rule.
const (
	mostGroups = 2000
	mostLevels = 10  // a group of the person's is the first
	batch      = 100 // groups that one search asks about
	// mostPadding is how many rounds are made for everybody where somebody needed them.
	mostPadding = 8
)

// groupIsDN is the name of a group that is its DN.
const groupIsDN = "dn"

// walk is one search for a person's groups, from level to level.
type walk struct {
	source *Source
	conn   *conn
	seen   map[string]bool // DNs, lower-case
	names  []string
	rounds int32
}

// groups are the names of the groups that hold the member, and of those that hold these, in the order in which they were found. Each
// level is one search, or several where it is wide. memberOf is not asked: not every server keeps it, and it knows no nesting.
// names are the person's own for memberUid (RFC 2307), which knows no DNs.
func (s *Source) groups(ctx context.Context, c *conn, member string, names []string) ([]string, error) {
	w := walk{source: s, conn: c, seen: map[string]bool{}}
	members := []string{member}
	for level := 1; len(members) > 0; level++ {
		above, err := w.level(ctx, members, names)
		if err != nil {
			return nil, err
		}
		names = nil
		if !s.settings.Groups.Nested {
			break
		}
		if level > mostLevels && len(above) > 0 {
			return nil, fmt.Errorf("%w: the person's groups are nested more than %d levels deep", auth.ErrMisconfigured, mostLevels)
		}
		members = above
	}
	if s.searches() {
		err := w.pad(ctx)
		return w.names, err
	}
	return w.names, nil
}

// pad asks about nobody until as many rounds were made as the deepest search took, so that the number of rounds does not tell who
// is there.
func (w *walk) pad(ctx context.Context) error {
	deepest := &w.source.deepest
	for w.rounds < deepest.Load() {
		if _, err := w.holders(ctx, []string{nobody(w.source.settings.Base)}, nil); err != nil {
			return err
		}
	}
	for rounds := min(w.rounds, mostPadding); ; {
		known := deepest.Load()
		if known >= rounds || deepest.CompareAndSwap(known, rounds) {
			return nil
		}
	}
}

// level finds the groups that hold any of the members, and gives the DNs of those that are new.
func (w *walk) level(ctx context.Context, members, names []string) (above []string, err error) {
	for some := range slices.Chunk(members, batch) {
		entries, err := w.holders(ctx, some, names)
		if err != nil {
			return nil, err
		}
		for _, entry := range entries {
			key := strings.ToLower(entry.DN)
			if w.seen[key] {
				continue
			}
			if w.seen[key] = true; len(w.seen) > mostGroups {
				return nil, errManyGroups
			}
			above = append(above, entry.DN)
			w.add(entry)
		}
	}
	return above, nil
}

// errManyGroups says that a person's groups are not all known.
var errManyGroups = fmt.Errorf("%w: the person is in more groups than can be read (%d, or what the server lists at once): make primary.ldap.groups.base narrower", auth.ErrMisconfigured, mostGroups)

// add notes a group's names: each value of the attribute, since a rule may name any.
func (w *walk) add(entry *ldap.Entry) {
	names := []string{entry.DN}
	if attribute := w.source.settings.Groups.Name; !strings.EqualFold(attribute, groupIsDN) {
		names = entry.GetEqualFoldAttributeValues(attribute)
	}
	for _, name := range names {
		if !slices.Contains(w.names, name) {
			w.names = append(w.names, name)
		}
	}
}

// holders is one search: the groups that hold any of the members.
func (w *walk) holders(ctx context.Context, members, names []string) ([]*ldap.Entry, error) {
	w.rounds++
	s := w.source.settings
	attributes := []string{s.Groups.Name}
	if strings.EqualFold(s.Groups.Name, groupIsDN) {
		attributes = []string{"1.1"} // none: RFC 4511 section 4.5.1.8
	}
	entries, err := w.conn.search(ctx, s.Groups.Base, holding(s.Schema, members, names), attributes, mostGroups+1)
	if errors.Is(err, errTooMany) {
		return nil, errManyGroups
	}
	return entries, err
}

// holding is the filter of groups. Active Directory keeps an index of `member` alone, and would look through all its groups for the
// others.
func holding(schema string, members, names []string) string {
	var filter strings.Builder
	filter.WriteString("(|")
	for _, dn := range members {
		value := ldap.EscapeFilter(dn)
		filter.WriteString("(member=" + value + ")")
		if schema != ActiveDirectory {
			filter.WriteString("(uniqueMember=" + value + ")")
		}
	}
	if schema != ActiveDirectory {
		for _, name := range names {
			filter.WriteString("(memberUid=" + ldap.EscapeFilter(name) + ")")
		}
	}
	filter.WriteString(")")
	return filter.String()
}
