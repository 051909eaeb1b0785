package doctor

import (
	"fmt"
	"io/fs"
	"strings"
	"time"
)

const (
	asRoot   = "run doctor as root, or as the server's user"
	loadThem = "mend the settings, as ivalt-radius check tells"
)

func settingsLoad(f *Facts, v *verdict) {
	if !known(f.Settings, v, "the settings") {
		return
	}
	for _, one := range f.Settings.Value {
		switch {
		case one.Denied:
			v.unknown(one.Text, asRoot)
		case one.Warning:
			v.warning(one.Text, "")
		default:
			v.fault(one.Text, loadThem)
		}
	}
	if len(f.Settings.Value) == 0 {
		v.ok("no fault and no warning")
	}
}

func settingsAccess(f *Facts, v *verdict) {
	if !known(f.Access, v, "the rules") {
		return
	}
	a := f.Access.Value
	if a.DefaultExempt {
		v.warning("policy.default is exempt: where no rule matches, no phone is asked", "set policy.default: require_push, and name in rules whom it is not for")
	}
	if a.Exempt > 0 {
		v.warning(fmt.Sprintf("%d of the rules let people in without a phone", a.Exempt), "see that each of these rules is meant, with ivalt-radius explain")
	}
	if len(a.PhoneAlone) > 0 {
		v.warning("the phone is the only factor for "+list(a.PhoneAlone), "set primary.method, so that a password is asked for as well")
	}
	if len(v.seen) == 0 {
		v.ok("each login shows a first factor and asks a phone")
	}
}

func filesPrivate(f *Facts, v *verdict) {
	if !known(f.Files, v, "the files") {
		return
	}
	for _, file := range f.Files.Value {
		judgeFile(file, f.Server, v)
	}
	if len(f.Unseen) > 0 {
		v.unknown("may not be looked at: "+list(f.Unseen), asRoot)
	}
	if len(v.seen) == 0 {
		v.ok(fmt.Sprintf("%d files and directories, none of which others can change, or read where it is secret", len(f.Files.Value)))
	}
}

const (
	othersWrite = 0o022
	anyoneReads = 0o044
)

// judgeFile says what is wrong with one. The configuration may be read by all, as long as its secrets are elsewhere.
func judgeFile(file File, server Fact[Server], v *verdict) {
	mode := file.Mode.Perm()
	sticky := file.Mode&fs.ModeSticky != 0
	strict := file.Role != PublicFile && file.Role != ConfigFile
	right := fs.FileMode(0o600)
	if file.Mode.IsDir() {
		right = 0o700
	}
	switch {
	case mode&othersWrite != 0 && !sticky:
		v.fault(fmt.Sprintf("%s: others can write to it (mode %04o)", file.Path, mode), fmt.Sprintf("chmod %s %s", "go-w", file.Path))
	case strict && !file.Mode.IsDir() && mode&anyoneReads != 0 && (file.Role == SecretFile || file.Role == PeopleFile):
		v.fault(fmt.Sprintf("%s: others can read it (mode %04o)", file.Path, mode), fmt.Sprintf("chmod %04o %s", right, file.Path))
	case strict && mode&0o077 != 0 && (file.Role == StateFile || file.Role == TrailFile && !file.Mode.IsDir()):
		v.warning(fmt.Sprintf("%s: others can look into it (mode %04o)", file.Path, mode), fmt.Sprintf("chmod %04o %s", right, file.Path))
	}
	if server.Known && file.UID != 0 && file.UID != server.Value.UID {
		v.fault(fmt.Sprintf("%s: belongs to uid=%d, who is neither root nor the server (uid=%d)", file.Path, file.UID, server.Value.UID),
			fmt.Sprintf("chown it to root or to uid=%d", server.Value.UID))
	}
}

func secretsStrength(f *Facts, v *verdict) {
	if !known(f.Secrets, v, "the secrets") {
		return
	}
	for _, s := range f.Secrets.Value {
		if len(s.Words) > 0 {
			v.warning(s.Key+": "+strings.Join(s.Words, ", "), "make another with openssl rand -base64 24, and change it as docs/secrets.md says")
		}
		if s.Literal {
			v.warning(s.Key+": stands in the settings as it is", "put it into a file of mode 0600 and write file:PATH, or seal it with ivalt-radius seal")
		}
	}
	if len(v.seen) == 0 {
		v.ok(fmt.Sprintf("%d secrets, none that can be guessed or stands in two places", len(f.Secrets.Value)))
	}
}

func secretsAge(f *Facts, v *verdict) {
	if !known(f.Secrets, v, "the ages of the secrets") {
		return
	}
	oldest := 0
	var undated []string
	for _, s := range f.Secrets.Value {
		switch oldest = max(oldest, s.AgeDays); {
		case s.Old:
			v.warning(fmt.Sprintf("%s: is in use for %d days", s.Key, s.AgeDays), s.Remedy)
		case !s.Dated:
			undated = append(undated, s.Key)
		}
	}
	if len(undated) > 0 {
		v.unknown("no server has seen them yet, so their age is not known: "+list(undated), "start the server: it notes since when it has each secret")
	}
	if len(v.seen) == 0 {
		v.ok(fmt.Sprintf("%d secrets, the oldest is in use for %d days", len(f.Secrets.Value), oldest))
	}
}

// The bounds of a difference between clocks: the signature of a request and the age of an approval rest on them.
const (
	muchSkew = 2 * time.Second
	tooMuch  = 30 * time.Second
)

const setNTP = "synchronise the clock: timedatectl set-ntp true, or chrony"

func clockSynchronised(f *Facts, v *verdict) {
	switch {
	case !known(f.Synchronised, v, "the kernel's word on its clock"):
	case f.Synchronised.Value:
		v.ok("the kernel says so")
	default:
		v.warning("the kernel says that nothing synchronises it", setNTP)
	}
}

func clockIVALT(f *Facts, v *verdict) {
	if !known(f.Offset, v, "iVALT's clock") {
		return
	}
	o := f.Offset.Value
	by := o.Ahead.Abs() - o.Within // so much at least
	word := "ahead of"
	if o.Ahead < 0 {
		word = "behind"
	}
	seen := fmt.Sprintf("iVALT's clock is %s %s this one, by an answer that is exact to %s", o.Ahead.Abs().Round(100*time.Millisecond), word, o.Within.Round(100*time.Millisecond))
	switch {
	case by > tooMuch:
		v.fault(seen, setNTP)
	case by > muchSkew:
		v.warning(seen, setNTP)
	default:
		v.ok(seen)
	}
}

// mostListed bounds a list in a sentence.
const mostListed = 8

// list writes names in one line.
func list(all []string) string {
	if len(all) > mostListed {
		return fmt.Sprintf("%s, and %d more", strings.Join(all[:mostListed], ", "), len(all)-mostListed)
	}
	return strings.Join(all, ", ")
}
