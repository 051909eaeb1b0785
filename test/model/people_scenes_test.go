package model

import (
	"time"

	"ivalt-radius/auth"
	"ivalt-radius/ivalt"
	"ivalt-radius/ivalt/ivalttest"
	"ivalt-radius/ivalt/ivalttest/answers"
	"ivalt-radius/policy"
)

func confirms(w *world)  { w.settings.prompts = auth.ConfirmPhone }
func chooses(w *world)   { w.settings.prompts = auth.ChoosePhone; twoPhones(w) }
func remembers(w *world) { w.settings.remember = 5 * time.Minute }
func slowDisk(w *world)  { remembers(w); w.disk = 1500 * time.Millisecond }
func failsOver(w *world) {
	unlisted(w)
	w.settings.fail, w.settings.failFor = policy.FailRemembered, time.Hour
}

func failsOpen(w *world) {
	unlisted(w)
	w.settings.fail, w.settings.failEnds = policy.FailOpen, 11*time.Minute
}

// unlisted has ada looked up by her e-mail: so an outage is known before any push.
func unlisted(w *world) { w.people[0].listed = false }

func twoPhones(w *world) {
	w.people[0].phones = []int{0, 1}
	w.phones = append(w.phones, ivalttest.Person{Mobile: mobileOf(1), Behaviour: ivalttest.Manual})
}

// both has a scene begin with several changes.
func both(changes ...func(*world)) func(*world) {
	return func(w *world) {
		for _, change := range changes {
			change(w)
		}
	}
}

// said answers the newest question, and how tells what is wrong with it.
func (c *cast) said(text string, how twist) { c.reply(deed{text: text, twist: how, who: bda()}) }

// outage has every look-up fail, and bda's login find out: until then a login tries to the end.
func (c *cast) outage() {
	c.do(deed{does: breaks, fault: ivalttest.Fault{Kind: answers.Closed, Endpoint: ivalttest.LookUpEndpoint}})
	c.log(bda())
	c.pass(13)
}

// wifi is ada at home at another client, whose NAS puts no questions.
func wifi() caller {
	who := home()
	who.client = "wifi"
	return who
}

// changed is a caller with something else.
func changed(who caller, change func(*caller)) caller {
	change(&who)
	return who
}

// asksAndYes is a question whose push is approved.
func asksAndYes(c *cast) {
	c.log(home())
	c.pass(3)
	c.yes(1)
	c.pass(2)
}

// questionScenes are about the questions that a NAS puts.
func questionScenes() []scene { return append(answerScenes(), copyScenes()...) }

// answerScenes are about the right answer, and those from elsewhere.
func answerScenes() []scene {
	return []scene{
		{name: "approved, then Enter", change: confirms, want: "challenged approved", play: func(c *cast) {
			asksAndYes(c)
			c.said("", straight)
		}},
		{name: "Enter too early", change: confirms, want: "challenged challenged approved", play: func(c *cast) {
			c.log(home())
			c.pass(2)
			c.said("", straight)
			c.pass(12)
			c.yes(1)
			c.pass(1)
			c.said("yes", straight)
		}},
		{name: "a State is good once", change: confirms, want: "challenged approved bad_request", play: func(c *cast) {
			asksAndYes(c)
			c.said("", straight)
			c.pass(3)
			c.said("again", straight)
		}},
		{name: "an answer from elsewhere closes the question", change: confirms, want: "challenged bad_request bad_request", play: func(c *cast) {
			asksAndYes(c)
			c.said("", elsewhere)
			c.said("", straight)
		}},
		{name: "so does another name", change: confirms, want: "challenged bad_request bad_request", play: func(c *cast) {
			asksAndYes(c)
			c.said("", otherName)
			c.said("", straight)
		}},
		{name: "and another client", change: confirms, want: "challenged bad_request bad_request", play: func(c *cast) {
			asksAndYes(c)
			c.said("", otherClient)
			c.said("", straight)
		}},
		{name: "and another NAS", change: confirms, want: "challenged bad_request bad_request", play: func(c *cast) {
			asksAndYes(c)
			c.said("", otherNAS)
			c.said("", straight)
		}},
	}
}

// copyScenes are about answers that come again or late, and what happens meanwhile.
func copyScenes() []scene {
	return []scene{
		{name: "another NAS behind the answer", change: confirms, want: "challenged approved bad_request", play: func(c *cast) {
			asksAndYes(c)
			c.said("", straight)
			c.pass(1)
			c.said("", otherNAS)
		}},
		{name: "a restart forgets the question", change: confirms, want: "challenged bad_request", play: func(c *cast) {
			asksAndYes(c)
			c.restart()
			c.said("", straight)
		}},
		{name: "too late", change: confirms, want: "challenged bad_request", play: func(c *cast) {
			asksAndYes(c)
			c.pass(60)
			c.said("", straight)
		}},
		{name: "a copy gets the same question, and joins its answer", change: confirms, want: "challenged challenged approved approved", play: func(c *cast) {
			c.log(home())
			c.pass(2)
			c.log(home())
			c.said("", straight)
			c.log(home())
			c.pass(1)
			c.yes(1)
		}},
		{name: "a thief in between collides", change: confirms, want: "challenged collision collision", play: func(c *cast) {
			c.log(home())
			c.pass(2)
			c.log(thief())
			c.pass(1)
			c.yes(1)
			c.said("", straight)
		}},
		{name: "the second phone", change: chooses, want: "challenged approved", play: func(c *cast) {
			c.log(home())
			c.pass(2)
			c.said("2", straight)
			c.pass(4)
			c.sky.Approve(mobileOf(0))
			c.sky.Approve(mobileOf(1))
		}},
		{name: "what a reload turned off does not keep the NAS waiting", change: confirms, want: "challenged challenged", play: func(c *cast) {
			c.log(home())
			c.pass(2)
			c.reload(quiet().settings)
			c.said("", straight)
		}},
	}
}

// memoryScenes are about approvals that count again.
func memoryScenes() []scene {
	again := func(name, want string, between func(c *cast), who caller) scene {
		return scene{name: name, change: remembers, want: want, play: func(c *cast) {
			c.accepted()
			c.pass(12)
			between(c)
			c.log(who)
		}}
	}
	nothing := func(*cast) {}
	other := changed(home(), func(w *caller) { w.password = "other" })
	return []scene{
		again("the same login again", "approved remembered", nothing, home()),
		again("by another spelling", "approved remembered", nothing, changed(home(), func(w *caller) { w.old = true })),
		again("from elsewhere", "approved push_timeout", nothing, thief()),
		again("from nowhere", "approved push_timeout", nothing, changed(home(), func(w *caller) { w.station = "" })),
		again("at another client", "approved push_timeout", nothing, wifi()),
		again("too long ago", "approved push_timeout", func(c *cast) { c.pass(300) }, home()),
		again("after a restart", "approved push_timeout", func(c *cast) { c.restart(); c.pass(60) }, home()),
		again("another phone by now", "approved unknown_user", func(c *cast) { c.change(deed{does: moves, phones: []int{1}}) }, home()),
		again("an operator forgot", "approved push_timeout", func(c *cast) { c.change(deed{does: forgets}) }, home()),
		again("another password by now", "approved push_timeout", func(c *cast) { c.change(deed{does: renames, text: "other"}) }, other),
		again("the old password came back", "approved push_timeout push_timeout", func(c *cast) {
			c.change(deed{does: renames, text: "other"})
			c.log(other)
			c.pass(12)
			c.change(deed{does: renames, text: "right"})
		}, home()),
		again("a denial in between", "approved push_denied push_timeout", func(c *cast) {
			c.log(thief())
			c.pass(4)
			c.no(2)
			c.pass(40)
		}, home()),
	}
}

// goneScenes are about what takes an approval away while nobody looks.
func goneScenes() []scene {
	return []scene{
		{name: "forgotten while the record is written", change: slowDisk, want: "approved unavailable", play: func(c *cast) {
			c.accepted()
			c.pass(12)
			c.log(home())
			c.pass(0.5)
			c.change(deed{does: forgets})
		}},
		{name: "and that is no outage", change: both(slowDisk, failsOpen), want: "approved unavailable", play: func(c *cast) {
			c.accepted()
			c.pass(12)
			c.log(home())
			c.pass(0.5)
			c.change(deed{does: forgets})
		}},
		{name: "a denial behind a question that nobody answers", change: both(remembers, confirms), want: "approved challenged push_timeout", play: func(c *cast) {
			c.log(wifi())
			c.pass(4)
			c.yes(1)
			c.pass(15)
			c.log(home())
			c.pass(4)
			c.no(2)
			c.pass(70)
			c.log(wifi())
		}},
		{name: "a chosen phone that the directory took away", change: both(remembers, chooses), want: "challenged approved push_timeout", play: func(c *cast) {
			c.log(home())
			c.said("2", straight)
			c.pass(4)
			c.sky.Approve(mobileOf(1))
			c.pass(15)
			c.change(deed{does: moves, phones: []int{0}})
			c.log(home())
		}},
		{name: "a chosen phone that the directory has yet", change: both(remembers, chooses), want: "challenged approved remembered", play: func(c *cast) {
			c.log(home())
			c.said("2", straight)
			c.pass(4)
			c.sky.Approve(mobileOf(1))
			c.pass(15)
			c.log(home())
		}},
	}
}

// outageScenes are about an iVALT that cannot be asked, and about first factors that cannot.
func outageScenes() []scene {
	return []scene{
		{name: "an approval from here counts in an outage", change: failsOver, want: "approved unavailable remembered unavailable", play: func(c *cast) {
			c.accepted()
			c.pass(2000) // iVALT's answer to the look-up is forgotten
			c.outage()
			c.log(wifi())
			c.pass(12)
			c.log(thief())
		}},
		{name: "not where a push may have left", change: failsOver, want: "approved push_timeout", play: func(c *cast) {
			c.accepted()
			c.pass(20)
			c.do(deed{does: breaks, fault: ivalttest.Fault{Kind: answers.Closed, Endpoint: ivalttest.PushEndpoint, Delivered: true}})
			c.log(home())
		}},
		{name: "insecure_allow", change: both(failsOpen, uncredited), want: "exempt exempt bad_password", play: func(c *cast) {
			c.outage()
			c.log(home())
			c.log(changed(home(), func(w *caller) { w.password = "guess" }))
		}},
		{name: "insecure_allow is over", change: failsOpen, want: "exempt unavailable", play: func(c *cast) {
			c.outage()
			c.pass(50)
			c.log(home())
		}},
		{name: "and over for a copy", change: failsOpen, want: "exempt exempt outside_hours", play: func(c *cast) {
			c.outage()
			c.pass(42)
			c.log(home())
			c.pass(6)
			c.log(home())
		}},
		{name: "a slow first factor is no outage of iVALT", change: failsOpen, want: "unavailable", play: func(c *cast) {
			c.change(deed{does: sickens, factor: slow, delay: 8 * time.Second})
			c.log(home())
		}},
		{name: "a first factor that is down", want: "unavailable", play: func(c *cast) {
			c.change(deed{does: sickens, factor: down})
			c.log(home())
		}},
		{name: "each copy shows its first factor", want: "bad_password push_timeout", change: func(w *world) { w.settings.collision = ivalt.KeepFirst }, play: func(c *cast) {
			c.change(deed{does: sickens, factor: slow, delay: time.Second})
			c.log(changed(home(), func(w *caller) { w.password = "guess" }))
			c.log(home())
		}},
		{name: "a copy that was slow does not outwait its NAS", want: "push_timeout push_timeout", play: func(c *cast) {
			c.change(deed{does: sickens, factor: slow, delay: 6 * time.Second})
			c.log(home())
			c.pass(4)
			c.change(deed{does: sickens})
			c.log(home())
		}},
	}
}
