alter table sale_record add column reason_zh text, add column reason_en text, add column because uuid;
