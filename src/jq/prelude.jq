# Functions that the language defines by others. The manual of jq gives the meaning of each.
def not: if . then false else true end;
def select(f): if f then . else empty end;
def values: select(. != null);
def nulls: select(. == null);
def booleans: select(type == "boolean");
def numbers: select(type == "number");
def strings: select(type == "string");
def arrays: select(type == "array");
def objects: select(type == "object");
def iterables: select(type | . == "array" or . == "object");
def scalars: select(type | . != "array" and . != "object");

def map(f): [.[] | f];
def map_values(f): .[] |= f;
def recurse(f): def below: ., (f | below); below;
def recurse(f; cond): def below: ., (f | select(cond) | below); below;
def recurse: recurse(.[]?);
def walk(f):
  def inner: if type == "array" then map(inner) elif type == "object" then map_values(inner) end | f;
  inner;

def to_entries: [keys[] as $key | {key: $key, value: .[$key]}];
def from_entries:
  map({(.key // .Key // .name // .Name): if has("value") then .value else .Value end}) | add // {};
def with_entries(f): to_entries | map(f) | from_entries;

def first: .[0];
def last: .[-1];
def nth($at): .[$at];
def first(f): label $found | f | ., break $found;
def limit($most; f):
  if $most > 0 then
    label $full | foreach f as $one ($most; . - 1; $one, if . <= 0 then break $full else empty end)
  elif $most == 0 then empty
  else error("limit: negative") end;
def skip($some; f):
  if $some > 0 then foreach f as $one ($some; . - 1; if . < 0 then $one else empty end)
  elif $some == 0 then f
  else error("skip: negative") end;
def nth($at; f): if $at >= 0 then first(skip($at; f)) else error("nth: negative") end;
def isempty(f): label $found | (f | false, break $found), true;
def all(f; cond): isempty(f | select(cond | not));
def all(cond): all(.[]; cond);
def all: all(.);
def any(f; cond): isempty(f | select(cond)) | not;
def any(cond): any(.[]; cond);
def any: any(.);
def add(f): [f] | add;
def in(map): . as $key | map | has($key);
def IN(f): any(f == .; .);
def IN(source; f): any(source == f; .);

def range($to): range(0; $to; 1);
def range($from; $to): range($from; $to; 1);
def while(cond; update): def again: if cond then ., (update | again) else empty end; again;
def until(cond; update): def again: if cond then . else update | again end; again;
def repeat(f): def again: f, again; again;

def del(f): delpaths([path(f)]);
def paths: path(..) | select(. != []);
def paths(f): path(.. | select(f)) | select(. != []);
def pick(f): . as $whole | reduce path(f) as $way (null; setpath($way; $whole | getpath($way)));

def test($pattern): test($pattern; null);
def sort_by(f): _sort_by(map([f]));
