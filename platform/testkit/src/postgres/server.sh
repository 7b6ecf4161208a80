# What keeper.sh asks of PostgreSQL.
last=QUIT

# Makes the cluster. Nothing of it need survive a power cut.
make() {
    "$programs/initdb" --pgdata="$folder/data" --username=postgres --pwfile="$folder/password" \
        --auth=scram-sha-256 --encoding=UTF8 --locale=C --no-sync
}

serve() {
    exec "$programs/postgres" -D "$folder/data"
}

tidy() {
    :
}
