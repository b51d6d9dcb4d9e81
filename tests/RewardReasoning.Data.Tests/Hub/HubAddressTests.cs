using RewardReasoning.Data.Hub;
using Xunit;

namespace RewardReasoning.Data.Tests.Hub;

public sealed class HubAddressTests
{
    [Theory]
    [InlineData("hf://owner/name", HubRepositoryKind.Model, "owner/name", "main", "")]
    [InlineData("hf://models/owner/name", HubRepositoryKind.Model, "owner/name", "main", "")]
    [InlineData(
        "hf://datasets/allenai/reward-bench@v1.0/data/*.parquet",
        HubRepositoryKind.DataSet,
        "allenai/reward-bench",
        "v1.0",
        "data/*.parquet"
    )]
    [InlineData("hf://owner/name@refs/pr/10/a/b.json", HubRepositoryKind.Model, "owner/name", "refs/pr/10", "a/b.json")]
    [InlineData("hf://owner/name@feature%2Fx/b.json", HubRepositoryKind.Model, "owner/name", "feature/x", "b.json")]
    [InlineData("hf://owner/name/folder/", HubRepositoryKind.Model, "owner/name", "main", "folder")]
    [InlineData("hf://owner/name/a@b.json", HubRepositoryKind.Model, "owner/name", "main", "a@b.json")]
    public void Parse_Address_IsReadInParts(string text, HubRepositoryKind kind, string repository, string revision, string path)
    {
        HubAddress address = HubAddress.Parse(text);
        Assert.Equal((kind, repository, revision, path), (address.Kind, address.Repository, address.Revision, address.Path));
    }

    [Theory]
    [InlineData("hf://")]
    [InlineData("hf://gpt2")]
    [InlineData("hf://datasets/name")]
    [InlineData("hf://owner/../name")]
    [InlineData("hf://owner/name/../x")]
    [InlineData("hf://owner/name@/x")]
    [InlineData("https://huggingface.co/owner/name")]
    public void Parse_OtherThings_SaysWhatAnAddressIs(string text) =>
        Assert.Contains(text, Assert.Throws<FormatException>(() => HubAddress.Parse(text)).Message, StringComparison.Ordinal);

    [Theory]
    [InlineData("Qwen/Qwen3-0.6B", "hf://Qwen/Qwen3-0.6B")]
    [InlineData("hf://Qwen/Qwen3-0.6B@v1", "hf://Qwen/Qwen3-0.6B@v1")]
    public void ParseModel_NameOrAddress_IsTheSame(string text, string address) => Assert.Equal(address, $"{HubAddress.ParseModel(text)}");

    [Theory]
    [InlineData("owner/name/file")]
    [InlineData("hf://datasets/owner/name")]
    public void ParseModel_NoModel_IsRefused(string text) => Assert.Throws<FormatException>(() => HubAddress.ParseModel(text));

    [Fact]
    public void Options_OfAnEnvironment_FollowHuggingFacesNames()
    {
        Assert.Equal("/people/u/.cache/huggingface/hub", Of(("HOME", "/people/u")).CacheFolder);
        Assert.Equal("/cache/huggingface/hub", Of(("HOME", "/people/u"), ("XDG_CACHE_HOME", "/cache")).CacheFolder);
        Assert.Equal("/hf/hub", Of(("HOME", "/people/u"), ("XDG_CACHE_HOME", "/cache"), ("HF_HOME", "/hf")).CacheFolder);
        HubOptions all = Of(
            ("HF_HUB_CACHE", "/c"),
            ("HF_HOME", "/hf"),
            ("HF_TOKEN", " hf_x\n"),
            ("HF_ENDPOINT", "https://mirror.test/base"),
            ("HF_HUB_OFFLINE", "1")
        );
        Assert.Equal(("/c", "hf_x", "https://mirror.test/base", true), (all.CacheFolder, all.Token, all.Endpoint.AbsoluteUri, all.Offline));
        Assert.Throws<FormatException>(() => Of(("HOME", "/people/u"), ("HF_ENDPOINT", "mirror")));
        Assert.Throws<FormatException>(() => Of());

        static HubOptions Of(params (string Name, string Value)[] variables) =>
            HubOptions.Of(variables.ToDictionary(pair => pair.Name, pair => pair.Value).GetValueOrDefault);
    }

    [Fact]
    public void Options_TokenOverPlainHttp_IsRefused()
    {
        HubOptions options = new()
        {
            CacheFolder = "c",
            Token = "hf_x",
            Endpoint = new("http://mirror.test"),
        };
        Assert.Contains("plain http", Assert.Throws<ArgumentException>(options.Validate).Message, StringComparison.Ordinal);
        (options with { Endpoint = new("http://127.0.0.1:80") }).Validate();
    }
}
