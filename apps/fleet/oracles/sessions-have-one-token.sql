-- promise: A session has one refresh token that was not used, and none when it was ended.
-- quiet: no
-- examined
select (select count(*) from session) + (select count(*) from account);
-- broken
select session_id, ended, unused
from session
where unused <> 1 - ended
