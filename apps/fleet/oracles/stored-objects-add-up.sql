-- promise: An object has bytes of its own, which are kept as long as it is, and the count of objects and bytes is that of what there is.
-- quiet: no
-- examined
select (select count(*) from stored_object) + (select count(*) from storage_usage);
-- broken
select 'usage' as what, storage_usage.objects as found, storage_usage.bytes as size
from storage_usage
where storage_usage.objects <> (select count(*) from stored_object)
    or storage_usage.bytes <> (select coalesce(sum(size), 0) from stored_object)
union all
select 'object', stored_object.blob_id, stored_object.size
from stored_object
left join stored_blob on stored_blob.blob_id = stored_object.blob_id
where stored_blob.state is null or stored_blob.state <> 'named' or stored_blob.size <> stored_object.size
union all
select 'blob', stored_blob.blob_id, stored_blob.size
from stored_blob
where stored_blob.state = 'named' and stored_blob.blob_id not in (select blob_id from stored_object);
