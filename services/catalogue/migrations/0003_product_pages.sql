create table category (
    category text primary key,
    parent text,
    position bigint not null,
    names {json} not null
);
create table product_detail (
    product_id text primary key references product (product_id),
    category text,
    variant_of text,
    details {json} not null
);
create index product_detail_variant on product_detail (variant_of, product_id);
create index product_detail_category on product_detail (category, product_id);
create table listed_price (
    list text not null,
    product_id text not null references product (product_id),
    currency text not null,
    price_minor bigint not null,
    primary key (product_id, list, currency)
);
create table stock_level (
    product_id text primary key,
    amount bigint
);
create table product_import (
    import_id text primary key,
    position bigint not null,
    changed bigint not null,
    unchanged bigint not null,
    refused bigint not null
);
create table catalogue_revision (
    single bigint primary key check (single = 1),
    revision bigint not null
);
insert into catalogue_revision (single, revision) values (1, 0);
create table product_page (
    number {serial},
    product_id text not null unique,
    form bigint not null,
    is_found bigint not null,
    is_available bigint not null,
    name_key text not null,
    listed_at bigint not null,
    words text not null,
    more_words text not null,
    summary {json} not null,
    page {json} not null
);
create table page_price (
    product_id text not null references product_page (product_id),
    currency text not null,
    price_minor bigint not null,
    primary key (product_id, currency)
);
create table page_category (
    product_id text not null references product_page (product_id),
    category text not null,
    primary key (product_id, category)
);
create index page_category_of on page_category (category, product_id);
create table page_attribute (
    product_id text not null references product_page (product_id),
    name text not null,
    value text not null,
    primary key (product_id, name, value)
);
create index page_attribute_of on page_attribute (name, value, product_id);
create table attribute_label (
    name text not null,
    value text not null,
    labels {json} not null,
    primary key (name, value)
);
create table search_word (
    number {serial},
    word text not null unique
);
-- engine: sqlite
create virtual table page_search using fts5 (
    words, more_words, content = 'product_page', content_rowid = 'number', prefix = '3 4'
);
create trigger page_search_insert after insert on product_page begin
    insert into page_search (rowid, words, more_words) values (new.number, new.words, new.more_words);
end;
create trigger page_search_delete after delete on product_page begin
    insert into page_search (page_search, rowid, words, more_words)
        values ('delete', old.number, old.words, old.more_words);
end;
create trigger page_search_update after update on product_page
    when old.words <> new.words or old.more_words <> new.more_words begin
    insert into page_search (page_search, rowid, words, more_words)
        values ('delete', old.number, old.words, old.more_words);
    insert into page_search (rowid, words, more_words) values (new.number, new.words, new.more_words);
end;
create virtual table word_search using fts5 (
    word, content = '', tokenize = 'trigram', detail = 'none'
);
-- A contentless index: the blanks around a word make its ends count.
create trigger word_search_insert after insert on search_word begin
    insert into word_search (rowid, word) values (new.number, '  ' || new.word || ' ');
end;
-- The rows of a dump are loaded into tables from which all rows were taken out.
create trigger word_search_delete after delete on search_word begin
    insert into word_search (word_search, rowid, word) values ('delete', old.number, '  ' || old.word || ' ');
end;
-- engine: postgres
create index page_search on product_page using gin ((
    setweight(to_tsvector('pg_catalog.simple', words), 'A')
    || setweight(to_tsvector('pg_catalog.simple', more_words), 'D')));
create index search_word_prefix on search_word (word text_pattern_ops);
do $$
begin
    create extension if not exists pg_trgm;
    create index search_word_alike on search_word using gist (word gist_trgm_ops);
exception
    when insufficient_privilege or undefined_file or feature_not_supported or undefined_object then
        raise notice 'pg_trgm is not there: words are corrected without it';
end
$$;
-- engine: both
