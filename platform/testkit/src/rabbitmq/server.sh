# What keeper.sh asks of RabbitMQ.

# At the end nothing need be kept, and a proper stop takes seconds.
last=KILL
names=

# Starts the register of names that every node of Erlang wants: an own one, which ends with the folder. The one that
# a node starts by itself would stay, for all nodes of the machine.
make() {
    "$EPMD" -port "$ERL_EPMD_PORT" -address 127.0.0.1 &
    names=$!
    # The node starts without its own folder; what it writes there belongs to this user alone.
    mkdir -p "$RABBITMQ_MNESIA_BASE"
}

serve() {
    exec "$programs/rabbitmq-server"
}

tidy() {
    [ -z "$names" ] || kill -s KILL "$names"
}
