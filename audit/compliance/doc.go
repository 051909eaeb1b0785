// Package compliance judges an installation by what a program can see of it, in the words of a framework: SOC 2, ISO/IEC 27001,
// PCI DSS or the GDPR.
//
// Whoever gathers the Facts hands them over as plain values; nothing here opens a file or reads a clock. A Check is one technical
// question to them, with its evidence. A Control is one reference of a Framework with a paraphrase in words of our own, and the checks
// that are evidence for it, or the reason why it is people's work, of which no program sees anything. Judge answers them all.
//
// What is not known is never passed: the zero Facts pass no check. A control passes where every check of it that applies passes.
// The report is evidence for an auditor, and no certificate: a passed control is one against which nothing was found by the checks that
// stand under it, and these see only a part of what its framework asks for.
package compliance
