using RewardReasoning.Cli.Terminals;

namespace RewardReasoning.Cli.Tests;

public sealed class UserFoldersTests
{
    [Theory]
    [InlineData("/x/data", "/h", "/x/data/rewardreasoning")]
    [InlineData(null, "/h", "/h/.local/share/rewardreasoning")]
    [InlineData("relative", "/h", "/h/.local/share/rewardreasoning")]
    [InlineData("", "/h", "/h/.local/share/rewardreasoning")]
    [InlineData(null, null, null)]
    [InlineData("relative", "", null)]
    public void Of_Environment_FollowsTheSpecification(string? data, string? home, string? expected) =>
        Assert.Equal(
            expected,
            UserFolders
                .Of(name =>
                    name switch
                    {
                        "XDG_DATA_HOME" => data,
                        "HOME" => home,
                        _ => null,
                    }
                )
                .Data
        );

    [Fact]
    public void Of_CacheFolder_IsApartFromTheData() =>
        Assert.Equal("/h/.cache/rewardreasoning", UserFolders.Of(name => name == "HOME" ? "/h" : null).Cache);
}
