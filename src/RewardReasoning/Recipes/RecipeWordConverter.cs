using System.ComponentModel.DataAnnotations;
using System.Reflection;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace RewardReasoning.Recipes;

/// <summary>
/// Enumerations as words in snake_case. A word may have a second spelling, the <c>ShortName</c> of its <see cref="DisplayAttribute"/>
/// (<c>bf16</c> for <c>bfloat16</c>), which is read but not written.
/// </summary>
internal sealed class RecipeWordConverter : JsonConverterFactory
{
    public override bool CanConvert(Type typeToConvert) => typeToConvert.IsEnum;

    public override JsonConverter CreateConverter(Type typeToConvert, JsonSerializerOptions options) =>
        (JsonConverter?)Activator.CreateInstance(typeof(Words<>).MakeGenericType(typeToConvert))
        ?? throw new InvalidOperationException($"There is no converter for {typeToConvert}.");

    private sealed class Words<T> : JsonConverter<T>
        where T : struct, Enum
    {
        private static readonly (string Word, string? Short, T Value)[] All =
        [
            .. typeof(T)
                .GetFields(BindingFlags.Public | BindingFlags.Static)
                .Select(field =>
                    (
                        JsonNamingPolicy.SnakeCaseLower.ConvertName(field.Name),
                        field.GetCustomAttribute<DisplayAttribute>()?.ShortName,
                        Enum.Parse<T>(field.Name)
                    )
                ),
        ];

        public override T Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
        {
            string? word = reader.TokenType == JsonTokenType.String ? reader.GetString() : null;
            foreach ((string name, string? shortName, T value) in All)
            {
                if (word == name || (word is not null && word == shortName))
                {
                    return value;
                }
            }

            throw new JsonException();
        }

        public override void Write(Utf8JsonWriter writer, T value, JsonSerializerOptions options) =>
            writer.WriteStringValue(Array.Find(All, entry => entry.Value.Equals(value)).Word);
    }
}
