/**
 * What the built-in functions that matter here do with a masked argument.
 *
 * A function is *total* when it fails for no value and is null only when its
 * argument is: then all it can say stands in its result, which is hidden whole.
 * Any other could be asked a question whose answer is an error or a null, so it
 * counts as a condition.
 */

/** Total in every argument. */
export const totalFunctions = words(`
  upper lower initcap length char_length character_length octet_length bit_length md5 sha224 sha256 sha384 sha512 hashtext hashtextextended
  concat concat_ws trim btrim ltrim rtrim replace translate reverse strpos position ascii quote_literal quote_ident quote_nullable
  starts_with to_json to_jsonb row_to_json array_to_json json_build_object jsonb_build_object json_build_array jsonb_build_array
  json_agg jsonb_agg json_agg_strict jsonb_agg_strict json_object_agg jsonb_object_agg string_agg array_agg min max sum avg count
  bool_and bool_or every bit_and bit_or stddev stddev_pop stddev_samp variance var_pop var_samp any_value mode
  first_value last_value to_tsvector array_to_string cardinality jsonb_pretty jsonb_typeof json_typeof xmlagg
  abs sign ceil ceiling floor age isfinite json_strip_nulls jsonb_strip_nulls percentile_disc to_hex pg_typeof pg_column_size
  host family masklen network text unnest json_array_elements jsonb_array_elements json_array_elements_text jsonb_array_elements_text
  json_each jsonb_each json_each_text jsonb_each_text json_object_keys jsonb_object_keys`)

/** Total in the first argument when the others are not masked. */
export const totalInFirst = words(
  `left right substr substring lpad rpad split_part overlay lag lead nth_value round trunc to_char regexp_replace encode`,
)

/** Total in the others when the first is not masked. */
export const totalInRest = words(`format date_trunc date_part extract timezone`)

/** Total operators, by which sides may be masked. */
export const totalOperators: Record<string, 'both' | 'left'> = { '||': 'both', '->': 'left', '->>': 'left', '#>': 'left', '#>>': 'left' }

/** Their result has one element for each argument or row. */
export const collecting = words(`
  array_agg json_agg jsonb_agg json_agg_strict jsonb_agg_strict to_json to_jsonb row_to_json array_to_json json_build_object jsonb_build_object
  json_build_array jsonb_build_array`)

/** They turn one value into rows, and their columns are these. */
export const expanding: Record<string, string[]> = {
  unnest: ['unnest'],
  json_array_elements: ['value'],
  jsonb_array_elements: ['value'],
  json_array_elements_text: ['value'],
  jsonb_array_elements_text: ['value'],
  json_each: ['key', 'value'],
  jsonb_each: ['key', 'value'],
  json_each_text: ['key', 'value'],
  jsonb_each_text: ['key', 'value'],
  json_object_keys: ['json_object_keys'],
  jsonb_object_keys: ['jsonb_object_keys'],
}

/** What is given to them is kept or noticed elsewhere: no masked value may be, whatever may be asked. */
export const keeping =
  /^(?:set_config|pg_notify|lo_.*|lowrite|setval|setseed|pg_sleep.*|pg_logical_emit_message|pg_(?:try_)?advisory_.*|pg_cancel_backend|pg_terminate_backend|pg_create_.*|pg_log_.*)$/

/** They read what is behind the tables or on another server, so that nothing can be said of what comes back. */
export const reachingOut =
  /^(?:dblink.*|get_raw_page|heap_page_.*|bt_page_.*|pg_get_wal_.*|crosstab.*|connectby|xpath_table|pg_read_file|pg_read_binary_file|pg_read_file_old|pg_file_.*|lo_import|lo_export|pg_logical_slot_(?:get|peek)_.*|cursor_to_xml|(?:schema|database)_to_xml|(?:schema|database)_to_xml_and_xmlschema)$/

/** They run the query in their first argument. */
export const queryRunning = words(`query_to_xml query_to_xmlschema query_to_xml_and_xmlschema ts_stat`)

/** They read the table named by their first argument. */
export const tableReading = words(`table_to_xml table_to_xml_and_xmlschema`)

/** They give the texts of statements, which hold values. */
export const statementTelling = words(
  `pg_stat_get_activity pg_stat_get_backend_activity pg_prepared_statement pg_cursor pg_stat_statements pg_mcv_list_items`,
)

/** Total functions of harmless extensions: in every argument, or in one when no other is masked. */
export const totalInExtensions: Record<string, 'every' | 'first' | 'last'> = {
  similarity: 'every',
  word_similarity: 'every',
  strict_word_similarity: 'every',
  show_trgm: 'every',
  soundex: 'every',
  dmetaphone: 'every',
  dmetaphone_alt: 'every',
  citext: 'every',
  unaccent: 'last',
  uuid_generate_v3: 'last',
  uuid_generate_v5: 'last',
  digest: 'first',
  hmac: 'first',
  crypt: 'first',
}

/** Functions of extensions, in C, that read nothing but their arguments. */
export const harmlessExtension =
  /^(?:uuid_.*|gen_random_.*|gen_salt|crypt|digest|hmac|armor|dearmor|similarity|word_similarity|strict_word_similarity|show_trgm|show_limit|set_limit|unaccent.*|citext.*|hstore.*|akeys|avals|skeys|svals|each|soundex|difference|levenshtein.*|metaphone|dmetaphone.*|st_.*|postgis_.*|geometry.*|geography.*|cube.*|earth.*|ltree.*|lquery.*|nlevel|subpath|subltree|index|lca|intarray.*|icount|sort.*|uniq|idx|subarray|tablefunc_.*|normal_rand|pg_stat_statements_info|pg_stat_statements_reset|pg_buffercache.*|vector.*|l2_distance|cosine_distance|inner_product|regexp_.*_citext|isn_.*|seg_.*|pg_trgm.*|gtrgm.*|gin_.*|btree_.*|gbt_.*)$/

/** Functions with such names that read statistics or tables all the same. */
export const tellingExtension = /extent$|^_?postgis_.*(?:stats|selectivity|index_extent|typmod|srid|proj)|^st_(?:transform|findextent)/

/** PostgreSQL's own types that a cast may name, as the grammar and as `format_type` call them. */
export const ownTypes: ReadonlySet<string> = new Set([
  ...words(`
  text varchar bpchar char name bool int2 int4 int8 float4 float8 numeric money date time timetz timestamp timestamptz interval
  json jsonb jsonpath xml uuid bytea inet cidr macaddr macaddr8 bit varbit oid regclass regproc regprocedure regoper regoperator regtype
  regrole regnamespace regconfig regdictionary tsvector tsquery point line lseg box path polygon circle int4range int8range numrange
  tsrange tstzrange daterange xid cid tid pg_lsn boolean smallint integer bigint real record`),
  'character varying',
  'character',
  '"char"',
  'double precision',
  'timestamp with time zone',
  'timestamp without time zone',
  'time with time zone',
  'time without time zone',
  'bit varying',
])

/** What text becomes when it stays what it is. */
export const textTypes = words(`text varchar`)

/** Casts between types of one kind that lose nothing and never fail. */
export const safeCasts: Record<string, string[]> = {
  integer: ['int8', 'numeric', 'float8'],
  smallint: ['int4', 'int8', 'numeric', 'float4', 'float8'],
  bigint: ['numeric', 'float8'],
  'timestamp with time zone': ['date', 'time', 'timetz', 'timestamp', 'timestamptz'],
  'timestamp without time zone': ['date', 'time', 'timestamp', 'timestamptz'],
  date: ['date', 'timestamp', 'timestamptz'],
  json: ['json', 'jsonb'],
  jsonb: ['json', 'jsonb'],
  numeric: ['numeric'],
  uuid: ['uuid'],
}

function words(text: string): ReadonlySet<string> {
  return new Set(text.trim().split(/\s+/))
}
