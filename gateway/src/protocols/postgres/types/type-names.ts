/** `oid name array-oid` of every type that PostgreSQL 18 has built in, from its pg_type (oid < 10000). Versions before it number them alike. */
const builtIn = `
  16 bool 1000, 17 bytea 1001, 18 char 1002, 19 name 1003, 20 int8 1016, 21 int2 1005, 22 int2vector 1006, 23 int4 1007, 24 regproc
  1008, 25 text 1009, 26 oid 1028, 27 tid 1010, 28 xid 1011, 29 cid 1012, 30 oidvector 1013, 32 pg_ddl_command, 71 pg_type 210, 75
  pg_attribute 270, 81 pg_proc 272, 83 pg_class 273, 114 json 199, 142 xml 143, 194 pg_node_tree, 269 table_am_handler, 325
  index_am_handler, 600 point 1017, 601 lseg 1018, 602 path 1019, 603 box 1020, 604 polygon 1027, 628 line 629, 650 cidr 651, 700
  float4 1021, 701 float8 1022, 705 unknown, 718 circle 719, 774 macaddr8 775, 790 money 791, 829 macaddr 1040, 869 inet 1041, 1033
  aclitem 1034, 1042 bpchar 1014, 1043 varchar 1015, 1082 date 1182, 1083 time 1183, 1114 timestamp 1115, 1184 timestamptz 1185,
  1186 interval 1187, 1248 pg_database, 1266 timetz 1270, 1560 bit 1561, 1562 varbit 1563, 1700 numeric 1231, 1790 refcursor 2201,
  2202 regprocedure 2207, 2203 regoper 2208, 2204 regoperator 2209, 2205 regclass 2210, 2206 regtype 2211, 2249 record 2287, 2275
  cstring 1263, 2276 any, 2277 anyarray, 2278 void, 2279 trigger, 2280 language_handler, 2281 internal, 2283 anyelement, 2776
  anynonarray, 2842 pg_authid, 2843 pg_auth_members, 2950 uuid 2951, 2970 txid_snapshot 2949, 3115 fdw_handler, 3220 pg_lsn 3221,
  3310 tsm_handler, 3361 pg_ndistinct, 3402 pg_dependencies, 3500 anyenum, 3614 tsvector 3643, 3615 tsquery 3645, 3642 gtsvector
  3644, 3734 regconfig 3735, 3769 regdictionary 3770, 3802 jsonb 3807, 3831 anyrange, 3838 event_trigger, 3904 int4range 3905, 3906
  numrange 3907, 3908 tsrange 3909, 3910 tstzrange 3911, 3912 daterange 3913, 3926 int8range 3927, 4066 pg_shseclabel, 4072 jsonpath
  4073, 4089 regnamespace 4090, 4096 regrole 4097, 4191 regcollation 4192, 4451 int4multirange 6150, 4532 nummultirange 6151, 4533
  tsmultirange 6152, 4534 tstzmultirange 6153, 4535 datemultirange 6155, 4536 int8multirange 6157, 4537 anymultirange, 4538
  anycompatiblemultirange, 4600 pg_brin_bloom_summary, 4601 pg_brin_minmax_multi_summary, 5017 pg_mcv_list, 5038 pg_snapshot 5039,
  5069 xid8 271, 5077 anycompatible, 5078 anycompatiblearray, 5079 anycompatiblenonarray, 5080 anycompatiblerange, 6101
  pg_subscription
`

interface Names {
  names: Map<number, string>
  /** The element's type by the array's. */
  elements: Map<number, number>
}

const { names, elements } = parseBuiltIn()

/** Gives a type's name as pg_type has it (`int4`, `varchar`, `bpchar`), an array's as its element's with `[]`, and `oid 12345` for a type that is not built in. */
export function typeName(oid: number): string {
  return names.get(oid) ?? `oid ${oid}`
}

/** Gives the type of an array's elements, or undefined when the type is not a built-in array. */
export function elementType(oid: number): number | undefined {
  return elements.get(oid)
}

function parseBuiltIn(): Names {
  const found: Names = { names: new Map(), elements: new Map() }
  for (const entry of builtIn.trim().split(/,\s+/)) {
    const [oid, name, array] = entry.split(/\s+/) as [string, string, string?]
    found.names.set(Number(oid), name)
    if (array === undefined) continue
    found.names.set(Number(array), `${name}[]`)
    found.elements.set(Number(array), Number(oid))
  }
  return found
}
