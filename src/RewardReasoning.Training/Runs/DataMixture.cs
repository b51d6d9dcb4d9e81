using System.Collections;
using System.ComponentModel.DataAnnotations;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace RewardReasoning.Training.Runs;

/// <summary>One file of a mixture.</summary>
internal sealed record WeightedFile
{
    /// <summary>The file.</summary>
    public required string Path { get; init; }

    /// <summary>Its weight: how often it is drawn from beside the others.</summary>
    [Range(0.0, double.MaxValue, MinimumIsExclusive = true, ErrorMessage = "it must be above 0")]
    public double Weight { get; init; } = 1;
}

/// <summary>Where data come from: one file, which is a text in JSON, or several with weights, which are a list.</summary>
/// <param name="files">In the order of the recipe.</param>
[JsonConverter(typeof(DataMixtureConverter))]
internal sealed class DataMixture(IReadOnlyList<WeightedFile> files) : IReadOnlyList<WeightedFile>
{
    /// <inheritdoc/>
    public int Count => files.Count;

    /// <inheritdoc/>
    public WeightedFile this[int index] => files[index];

    /// <summary>One file.</summary>
    public static DataMixture FromString(string path) => new([new WeightedFile { Path = path }]);

    /// <summary>One file.</summary>
    public static implicit operator DataMixture(string path) => FromString(path);

    /// <inheritdoc/>
    public IEnumerator<WeightedFile> GetEnumerator() => files.GetEnumerator();

    /// <inheritdoc/>
    public override string ToString() => string.Join(", ", files.Select(file => file.Path));

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
}

/// <summary>Reads and writes a mixture as a text or a list.</summary>
internal sealed class DataMixtureConverter : JsonConverter<DataMixture>
{
    public override DataMixture Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        reader.TokenType switch
        {
            JsonTokenType.String => DataMixture.FromString(reader.GetString() ?? ""),
            JsonTokenType.StartArray => new DataMixture(JsonSerializer.Deserialize<WeightedFile[]>(ref reader, options) ?? []),
            _ => throw new JsonException("It must be the path of a file, or a list of {\"path\", \"weight\"}."),
        };

    public override void Write(Utf8JsonWriter writer, DataMixture value, JsonSerializerOptions options)
    {
        if (value is [{ Weight: 1 } only])
        {
            writer.WriteStringValue(only.Path);
        }
        else
        {
            JsonSerializer.Serialize(writer, value.ToArray(), options);
        }
    }
}
