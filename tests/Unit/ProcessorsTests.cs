using ContainerManager.Linux;

namespace ContainerManager.Tests.Unit;

public sealed class ProcessorsTests
{
    [Theory]
    [InlineData("0\n", new[] { 0 })]
    [InlineData("0-3\n", new[] { 0, 1, 2, 3 })]
    [InlineData("0,2,4-5,11\n", new[] { 0, 2, 4, 5, 11 })]
    public void TheirNumbersAreRead(string list, int[] expected) => Assert.Equal(expected, Processors.Parse(list));

    [Theory]
    [InlineData("")]
    [InlineData("1-2-3")]
    [InlineData("-1")]
    [InlineData("a")]
    public void WhatIsNoListIsRefused(string list) => Assert.Throws<IOException>(() => Processors.Parse(list));
}
