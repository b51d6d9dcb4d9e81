using System.Text.Json;

namespace RewardReasoning.Data.Rows;

/// <summary>
/// The type of a column, found by looking at its values: one of truth values, integers, numbers, texts, lists and objects. Values of
/// several types share a column of texts, in which values other than texts are JSON; so do objects without members, objects
/// with very many members, whose names are data, and whole numbers that no numeric column could hold exactly.
/// </summary>
internal sealed class JsonType
{
    private const int MostMembers = 200;
    private const long MostExactInDouble = 1L << 53;

    private readonly Members _members = [];
    private JsonType? _element;
    private bool _boolean;
    private bool _integer;
    private bool _negative;
    private bool _inexactInDouble;
    private bool _beyondInt64;
    private bool _beyondUInt64;
    private bool _fraction;
    private bool _text;
    private bool _object;

    /// <summary>Adds what one value shows.</summary>
    public void Add(JsonElement value)
    {
        switch (value.ValueKind)
        {
            case JsonValueKind.True or JsonValueKind.False:
                _boolean = true;
                break;
            case JsonValueKind.Number:
                AddNumber(value);
                break;
            case JsonValueKind.String:
                _text = true;
                break;
            case JsonValueKind.Array:
                _element ??= new JsonType();
                foreach (JsonElement element in value.EnumerateArray())
                {
                    _element.Add(element);
                }

                break;
            case JsonValueKind.Object:
                _object = true;
                _members.Add(value);
                break;
        }
    }

    /// <summary>A column of this type.</summary>
    public RowColumn ToColumn(string name)
    {
        int types = (_boolean ? 1 : 0) + (_integer || _fraction ? 1 : 0) + (_text ? 1 : 0) + (_element is null ? 0 : 1) + (_object ? 1 : 0);
        return (types == 1) switch
        {
            true when _boolean => new RowValue(name, ColumnType.Boolean),
            true when _integer || _fraction => new RowValue(name, NumberType()),
            true when _element is not null => new RowList(name, _element.ToColumn(RowList.Element)),
            true when _object && _members.Count is > 0 and <= MostMembers => new RowGroup(
                name,
                [.. _members.Select(member => member.Value.ToColumn(member.Key))]
            ),
            _ => new RowValue(name, ColumnType.Text),
        };
    }

    private void AddNumber(JsonElement value)
    {
        if (value.TryGetInt64(out long integer))
        {
            _integer = true;
            _negative |= integer < 0;
            _inexactInDouble |= integer is > MostExactInDouble or < -MostExactInDouble;
        }
        else if (value.GetRawText().AsSpan().ContainsAny('.', 'e', 'E'))
        {
            _fraction = true;
        }
        else
        {
            _integer = _inexactInDouble = true;
            _beyondInt64 = true;
            _beyondUInt64 |= !value.TryGetUInt64(out _);
        }
    }

    private ColumnType NumberType() =>
        _fraction ? (_inexactInDouble ? ColumnType.Text : ColumnType.Double)
        : !_beyondInt64 ? ColumnType.Int64
        : _beyondUInt64 || _negative ? ColumnType.Text
        : ColumnType.UInt64;

    /// <summary>Named types, in the order in which the names came.</summary>
    internal sealed class Members : List<KeyValuePair<string, JsonType>>
    {
        private readonly Dictionary<string, JsonType> _byName = new(StringComparer.Ordinal);

        public void Add(JsonElement row)
        {
            foreach (JsonProperty member in row.EnumerateObject())
            {
                if (!_byName.TryGetValue(member.Name, out JsonType? type))
                {
                    // One more than are told apart is enough to know that there are too many.
                    if (Count > MostMembers)
                    {
                        return;
                    }

                    type = _byName[member.Name] = new JsonType();
                    Add(KeyValuePair.Create(member.Name, type));
                }

                type.Add(member.Value);
            }
        }
    }
}
