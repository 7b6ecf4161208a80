alter table product add column prices {json} not null default '[]';
