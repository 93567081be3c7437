dist_man_MANS = man/cgi-fpmctl.8
