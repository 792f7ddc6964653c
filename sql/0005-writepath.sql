-- Less to write for each event. The rollups of one contact are asked for only when it is erased, and
-- are then found by name (app/store/contactdelete.c).
ALTER TABLE contact_event DROP KEY contact;
