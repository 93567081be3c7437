# bash completion for cgi-fpm and cgi-fpmctl

# Names of directives, as the program at $1 knows them, those of mode =
# fastcgi alone as well.
_cgi_fpm_directives()
{
	local mode

	for mode in cgi fastcgi; do
		"${1:-cgi-fpm}" -tt -s /nowhere -o mode=$mode -- /bin/true \
		    2>/dev/null
	done | sed -n -e 's/^ *\([a-z_.]*\) = .*/\1=/p' \
	    -e 's/^ *# \([a-z_.]*\) is not set$/\1=/p' | sort -u
}

_cgi_fpm()
{
	local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD-1]}

	COMPREPLY=()
	case $prev in
	-o | --option)
		compopt -o nospace
		mapfile -t COMPREPLY < <(compgen -W \
		    "$(_cgi_fpm_directives "${COMP_WORDS[0]}")" -- "$cur")
		return
		;;
	-u | -U | --user | --socket-user)
		mapfile -t COMPREPLY < <(compgen -u -- "$cur")
		return
		;;
	-g | -G | --group | --socket-group)
		mapfile -t COMPREPLY < <(compgen -g -- "$cur")
		return
		;;
	-c | -d | --root | --chroot | --chdir)
		mapfile -t COMPREPLY < <(compgen -d -- "$cur")
		return
		;;
	esac
	if [[ $cur == -* ]]; then
		mapfile -t COMPREPLY < <(compgen -W \
		    "$("${COMP_WORDS[0]}" --help 2>/dev/null |
			grep -Eo -- '--[a-z][a-z-]*')" -- "$cur")
		return
	fi
	mapfile -t COMPREPLY < <(compgen -f -- "$cur")
}

# The master that the words so far mean.
_cgi_fpmctl_ask()
{
	local i socket=()

	for ((i = 1; i < COMP_CWORD; i++)); do
		case ${COMP_WORDS[i]} in
		-S | --control)
			# Bash takes the = for a word of its own.
			[[ ${COMP_WORDS[i + 1]} == = ]] && ((i++))
			socket=(-S "${COMP_WORDS[i + 1]}")
			;;
		-S*) socket=("${COMP_WORDS[i]}") ;;
		esac
	done
	"${COMP_WORDS[0]}" "${socket[@]}" "$@" 2>/dev/null
}

_cgi_fpmctl_pools()
{
	_cgi_fpmctl_ask status | sed -n 's/^pool \([^:]*\):.*/\1/p'
}

_cgi_fpmctl_workers()
{
	_cgi_fpmctl_ask status | sed -n 's/^ *\([0-9][0-9]*\) [a-z].*/\1/p'
}

# The verb among the words so far, and how many words follow it.
_cgi_fpmctl_verb()
{
	local i

	verb='' after=0
	for ((i = 1; i < COMP_CWORD; i++)); do
		case ${COMP_WORDS[i]} in
		-S | --control | -d | -n)
			[[ ${COMP_WORDS[i + 1]} == = ]] && ((i++))
			((i++))
			;;
		--*)
			[[ ${COMP_WORDS[i + 1]} == = ]] && ((i += 2))
			;;
		-*) ;;
		*)
			if [[ -z $verb ]]; then
				verb=${COMP_WORDS[i]}
			else
				((after++))
			fi
			;;
		esac
	done
}

_cgi_fpmctl()
{
	local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD-1]}
	local verb after words=''

	COMPREPLY=()
	_cgi_fpmctl_verb
	[[ $cur == = ]] && cur=''
	[[ $prev == = ]] && prev=${COMP_WORDS[COMP_CWORD-2]}
	if [[ $prev == -S || $prev == --control || $prev == --body ]]; then
		mapfile -t COMPREPLY < <(compgen -f -- "$cur")
		return
	fi
	if [[ $cur == -* ]]; then
		words=$("${COMP_WORDS[0]}" ${verb:+"$verb"} --help \
		    2>/dev/null | grep -Eo -- '--[a-z][a-z-]*')
	elif [[ -z $verb ]]; then
		words=$("${COMP_WORDS[0]}" --help 2>/dev/null |
		    sed -n '/^Verbs:/,/^$/s/^  \([a-z-]*\) .*/\1/p')
	else
		case $verb:$after in
		status:0 | requests:0 | top:0 | advise:0 | check:0 | \
		    scale:0 | restart:0 | drain:0 | resume:0)
			words=$(_cgi_fpmctl_pools)
			;;
		kill:0) words=$(_cgi_fpmctl_workers) ;;
		set:*)
			compopt -o nospace
			words=$(_cgi_fpm_directives \
			    "${COMP_WORDS[0]%ctl}")
			[[ $after == 0 ]] && words+=" $(_cgi_fpmctl_pools)"
			;;
		get:0)
			mapfile -t COMPREPLY < <(compgen -f -- "$cur")
			return
			;;
		esac
	fi
	mapfile -t COMPREPLY < <(compgen -W "$words" -- "$cur")
}

complete -F _cgi_fpm cgi-fpm
complete -F _cgi_fpmctl cgi-fpmctl
