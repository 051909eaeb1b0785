package control

import (
	"fmt"

	"ivalt-radius/ivalt/ivalttest"
	"ivalt-radius/ivalt/ivalttest/habit"
)

// optionsJSON are the options that can change while the Cloud runs; an absent one stays as it is.
type optionsJSON struct {
	Dialect        *habit.Dialect     `json:"dialect,omitempty"`
	ClockOffset    *span              `json:"clock_offset,omitempty"`
	Sticky         *bool              `json:"sticky,omitempty"`
	KeepResults    *bool              `json:"keep_results,omitempty"`
	Pending        *habit.Pending     `json:"pending,omitempty"`
	PendingPlain   *habit.Pending     `json:"pending_plain,omitempty"`
	Denial         *habit.Denial      `json:"denial,omitempty"`
	Expiry         *habit.Expiry      `json:"expiry,omitempty"`
	RequestIDs     *bool              `json:"request_ids,omitempty"`
	Mobiles        *habit.Mobiles     `json:"mobiles,omitempty"`
	MaxRequestFrom *int               `json:"max_request_from,omitempty"`
	PushStatus     *int               `json:"push_status,omitempty"`
	NotFoundStatus *int               `json:"not_found_status,omitempty"`
	PushLifetime   *span              `json:"push_lifetime,omitempty"`
	Default        *stepJSON          `json:"default,omitempty"`
	Limits         *ivalttest.Limits  `json:"limits,omitempty"`
	RateHeaders    *habit.RateHeaders `json:"rate_headers,omitempty"`
}

func (d *deck) postOptions(body []byte) error {
	var in optionsJSON
	if err := decode(body, &in); err != nil {
		return err
	}
	if err := d.cloud.Change(in.apply); err != nil {
		return fmt.Errorf("options refused: %w", err)
	}
	return nil
}

func (in *optionsJSON) apply(o *ivalttest.Options) {
	change(&o.Dialect, in.Dialect)
	change((*span)(&o.ClockOffset), in.ClockOffset)
	change(&o.Sticky, in.Sticky)
	change(&o.KeepResults, in.KeepResults)
	change(&o.Pending, in.Pending)
	change(&o.PendingPlain, in.PendingPlain)
	change(&o.Denial, in.Denial)
	change(&o.Expiry, in.Expiry)
	change(&o.RequestIDs, in.RequestIDs)
	change(&o.Mobiles, in.Mobiles)
	change(&o.MaxRequestFrom, in.MaxRequestFrom)
	change(&o.PushStatus, in.PushStatus)
	change(&o.NotFoundStatus, in.NotFoundStatus)
	change((*span)(&o.PushLifetime), in.PushLifetime)
	change(&o.Limits, in.Limits)
	change(&o.RateHeaders, in.RateHeaders)
	if in.Default != nil {
		o.Default = in.Default.step()
	}
}

func change[T any](option, to *T) {
	if to != nil {
		*option = *to
	}
}

func asOptionsJSON(o ivalttest.Options) optionsJSON {
	usual, offset, lifetime := asStepJSON(o.Default), span(o.ClockOffset), span(o.PushLifetime)
	return optionsJSON{
		Dialect: &o.Dialect, ClockOffset: &offset, Sticky: &o.Sticky, KeepResults: &o.KeepResults,
		Pending: &o.Pending, PendingPlain: &o.PendingPlain, Denial: &o.Denial, Expiry: &o.Expiry, RequestIDs: &o.RequestIDs,
		Mobiles: &o.Mobiles, MaxRequestFrom: &o.MaxRequestFrom, PushStatus: &o.PushStatus, NotFoundStatus: &o.NotFoundStatus,
		PushLifetime: &lifetime, Default: &usual, Limits: &o.Limits, RateHeaders: &o.RateHeaders,
	}
}
