# Keeps one server for the process that holds the other end of standard input, and ends it when that process has
# gone, however it went: then input ends, the server is stopped at once, and the folder is removed.
#
#   sh keeper.sh PROGRAMS FOLDER
#
# What stands before this text is the engine's own: the functions `make`, `serve` and `tidy`, and the signal `last`.
# Each line of input is a number, a command and its words; the number and the outcome go to FOLDER/answer.
programs=$1
folder=$2
server=

# The end of input is the only end. When its holder dies while the server stands still, the system sends HUP to
# what is left of their process group.
trap '' HUP INT TERM

answer() {
    echo "$*" >"$folder/answer.new" && mv "$folder/answer.new" "$folder/answer"
}

while read -r number command words; do
    case $command in
    # Makes what the server runs on, once.
    init)
        make </dev/null >>"$folder/log" 2>&1
        answer "$number" $?
        ;;
    # The function replaces its shell by the server, whose number this is.
    start)
        serve </dev/null >>"$folder/log" 2>&1 &
        server=$!
        answer "$number" "$server"
        ;;
    # Stands still, so that it has no new children while somebody counts them.
    pause)
        kill -s STOP "$server"
        answer "$number" $?
        ;;
    # Sends a signal to the server and to further processes, and waits for the end of the server.
    end)
        # Unquoted: these are words.
        # shellcheck disable=SC2086
        set -- $words
        signal=$1
        shift
        kill -s "$signal" "$server" "$@" 2>/dev/null
        wait "$server"
        answer "$number" $?
        server=
        ;;
    esac
done

if [ -n "$server" ]; then
    # One that stands still would not hear of it.
    kill -s "$last" "$server"
    kill -s CONT "$server"
    wait "$server"
fi
tidy
rm -rf "$folder"
