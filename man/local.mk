dist_man_MANS = \
	man/cgi-fpm.8 \
	man/cgi-fpm.conf.5 \
	man/cgi-fpmctl.8
