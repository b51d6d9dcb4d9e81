using System.Text.Json;
using Parquet.Schema;

namespace RewardReasoning.Data.Columns;

/// <summary>
/// The type of a column, found by looking at its values: one of truth values, integers, numbers, texts, lists and objects. Values of
/// several types share a column of texts, in which those that are no text stand as JSON; so do objects without members, and objects with
/// so many that their names are data.
/// </summary>
internal sealed class JsonType
{
    private const int MostMembers = 200;

    private readonly Members _members = [];
    private JsonType? _element;
    private bool _boolean;
    private bool _integer;
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
            case JsonValueKind.Number when value.TryGetInt64(out _):
                _integer = true;
                break;
            case JsonValueKind.Number:
                _fraction = true;
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

    public Field ToField(string name)
    {
        int types = (_boolean ? 1 : 0) + (_integer || _fraction ? 1 : 0) + (_text ? 1 : 0) + (_element is null ? 0 : 1) + (_object ? 1 : 0);
        return (types == 1) switch
        {
            true when _boolean => new DataField<bool>(name, true),
            true when _fraction => new DataField<double>(name, true),
            true when _integer => new DataField<long>(name, true),
            true when _element is not null => new ListField(name, _element.ToField("element")),
            true when _object && _members.Count is > 0 and <= MostMembers => new StructField(
                name,
                [.. _members.Select(member => member.Value.ToField(member.Key))]
            ),
            _ => new DataField<string>(name, true),
        };
    }

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
