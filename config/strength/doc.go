// Package strength judges secrets that people choose: whether everybody tries them first, and how many guesses they hold out.
//
// How many bits a secret holds is an estimate from above, by parts. The text is read from its left; each part costs what it takes to guess it:
//
//	a word of the list               8 bits  the list has some hundred, in any case
//	another word, of one case       13 bits  as one of 7,776 on dice; 2.5 more for each letter behind the eighth
//	a run, a sequence, a keyboard walk  6 bits and 1 for each doubling: aaaa, 4567, dcba, qwertz
//	a year, a date                   7 and 15 bits
//	a part that was there before     4 bits
//	any other character             log2 of how many the classes of the whole text have
//
// The classes are 10 digits, 26 lower and 26 upper letters, 33 other signs of ASCII, 128 for all else; digits and a to f alone are 16.
// What is drawn by lot, as `openssl rand -base64 24` or -hex 16 do, is far above Enough. The package quotes nothing of a secret.
package strength
