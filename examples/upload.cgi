#!/usr/bin/perl
# An upload form with Perl's CGI.pm: tells size and SHA-256 of what was sent,
# and keeps nothing.
use strict;
use warnings;
use CGI;
use Digest::SHA;

my $q = CGI->new;
print $q->header(-type => 'text/html', -charset => 'utf-8'),
  $q->start_html('Upload'), $q->h1('Upload');

if (my $file = $q->upload('file')) {
	my $sha = Digest::SHA->new(256);
	my $len = 0;
	while (my $n = read $file, my $buf, 65536) {
		$len += $n;
		$sha->add($buf);
	}
	my $name = $q->escapeHTML(scalar $q->param('file'));
	my $note = $q->escapeHTML(scalar $q->param('note') // '');
	print $q->p("name: <b>$name</b>"), $q->p("note: <b>$note</b>"),
	  $q->p("bytes: <b>$len</b>"), $q->p('sha256: <b>', $sha->hexdigest,
		'</b>');
}

print $q->start_multipart_form, $q->filefield('file'),
  $q->textfield('note'), $q->submit('Upload'), $q->end_form, $q->end_html;
