#!/usr/bin/perl
# As many bytes as the query string says; those at the same place in each
# 64 KiB are the same but for the number of the block in front.
my $left = $ENV{QUERY_STRING};
my $fill = join '', map { chr($_ * 7 % 251) } 0 .. 65519;
syswrite STDOUT,
  "Content-Type: application/octet-stream\r\nContent-Length: $left\r\n\r\n";
for (my $n = 0; $left > 0; $n++) {
	my $block = substr sprintf('%016x', $n) . $fill, 0, $left;
	$left -= length $block;
	for (my $at = 0; $at < length $block;) {
		$at += syswrite(STDOUT, $block, length($block) - $at, $at)
		  // exit 1;
	}
}
