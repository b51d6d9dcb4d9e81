using RewardReasoning.Cli.Parsing;

namespace RewardReasoning.Cli.Tests;

public sealed class QuantityTests
{
    [Theory]
    [InlineData("45m", 45)]
    [InlineData("12h", 720)]
    [InlineData("1.5d", 2160)]
    [InlineData("2w", 20160)]
    [InlineData("1y", 525600)]
    [InlineData("0d", 0)]
    public void Age_WithUnit_IsRead(string text, double minutes) =>
        Assert.Equal(minutes, Quantity.Age(text, "--older-than").TotalMinutes, 6);

    [Theory]
    [InlineData("1500", 1500)]
    [InlineData("1.5kB", 1500)]
    [InlineData("2 GB", 2_000_000_000)]
    [InlineData("1GiB", 1_073_741_824)]
    public void Size_WithOrWithoutUnit_IsRead(string text, long bytes) => Assert.Equal(bytes, Quantity.Size(text, "--max-size"));

    [Theory]
    [InlineData("30")]
    [InlineData("-1d")]
    [InlineData("1e9d")]
    [InlineData("999999y")]
    [InlineData("soon")]
    [InlineData("")]
    public void Age_OfAnythingElse_SaysWhatItIs(string text) =>
        Assert.Contains("30d", Assert.Throws<UsageException>(() => Quantity.Age(text, "--older-than")).Message, StringComparison.Ordinal);

    [Theory]
    [InlineData("2XB")]
    [InlineData("-5")]
    [InlineData("99999999999999999999")]
    public void Size_OfAnythingElse_SaysWhatItIs(string text) =>
        Assert.Contains("2GB", Assert.Throws<UsageException>(() => Quantity.Size(text, "--max-size")).Message, StringComparison.Ordinal);
}
